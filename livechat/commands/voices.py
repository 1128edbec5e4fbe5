"""`livechat voices`: the thirty names."""

from __future__ import annotations

import typer

from livechat.commands.options import Json


def command(ctx: typer.Context, as_json: Json = False) -> None:
    """Lists the 30 voices that a model can speak with, each with its character.

    Examples:
      livechat voices
      livechat voices --json | jq -r .name
      livechat text --voice Kore --speak "good morning"
    """
    import json

    from livechat.server.timbres import VOICES

    width = max(len(voice.name) for voice in VOICES)
    for voice in VOICES:
        if as_json:
            print(json.dumps({"name": voice.name, "character": voice.character, "sex": voice.sex}))
        else:
            print(f"{voice.name:<{width}}  {voice.sex:<6}  {voice.character}")
