"""Interprets, as far as one can who knows a single language: says what was said once more.

A session of a model that translates has its own instruction, made here. A language model behind the server obeys it;
the skill beside it only recognises it, repeats the words as they are and claims nothing.
"""

from __future__ import annotations

import re

from livechat.server.skills.moment import Moment, Reply

_TASK = "Interpret: say what the user says in the language with the BCP-47 code {target}, and nothing else."
_GIVEN = re.compile(re.escape(_TASK).replace(r"\{target\}", r"\S+"))


def task(target: str) -> str:
    """The instruction of a session that translates into that language, named by its BCP-47 code."""
    return _TASK.format(target=target)


def interpreting(moment: Moment) -> Reply | None:
    """The user's words, where interpreting is the task."""
    if not any(said.role == "system" and _GIVEN.fullmatch(said.text) for said in moment.history):
        return None
    return [moment.asked[-1]] if moment.asked else []
