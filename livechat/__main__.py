"""Lets `python -m livechat` be the command `livechat`."""

from livechat.cli import main

if __name__ == "__main__":
    raise SystemExit(main())
