"""What the built-in brain can do: one small pure file per skill, tried in turn by `livechat.server.brain`."""
