"""Knows what a configuration asks of a model that the model's family refuses, and says it in its own words."""

from __future__ import annotations

from collections.abc import Iterator

from livechat.library.config import LiveConfig
from livechat.library.given import tools_of
from livechat.protocol.endpoints import model_name
from livechat.protocol.generations import Family, family_of
from livechat.protocol.setup import ContextWindowCompression


def refusals(config: LiveConfig, model: str) -> Iterator[str]:
    """Each thing that is refused, in a sentence. A model that is not known by name is not judged."""
    family = family_of(model)
    if not _known(model, family):
        return
    if config.vad == "manual" and (config.start_sensitivity or config.end_sensitivity):
        yield "with vad='manual' nobody listens for speech: start_sensitivity and end_sensitivity have no use"
    for what in (*_thinking(config, family), *_talents(config, family), *_tools(config, family)):
        yield f"{family.name} {what}"


def refuses_updates(model: str) -> str:
    """Why this model's context cannot be changed in mid-session; nothing where it can, or nobody knows."""
    family = family_of(model)
    return "" if family.context_update or not _known(model, family) else f"{family.name} takes no new context"


def _known(model: str, family: Family) -> bool:
    return any(model_name(model).lower().startswith(prefix) for prefix in family.prefixes)


def _thinking(config: LiveConfig, family: Family) -> Iterator[str]:
    asked = (config.thinking_level, config.thinking_budget, config.include_thoughts)
    if family.thinking == "refused":
        if any(value is not None for value in asked):
            yield "takes no settings for thinking"
        return
    if config.thinking_level is not None and config.thinking_level not in family.thinking_levels:
        levels = ", ".join(family.thinking_levels) or "none at all: it takes a thinking_budget"
        yield f"has no thinking_level {config.thinking_level!r}; its levels are {levels}"
    if config.thinking_budget is not None and not family.thinking_budget:
        yield f"takes no thinking_budget but a thinking_level: {', '.join(family.thinking_levels)}"


def _talents(config: LiveConfig, family: Family) -> Iterator[str]:
    if config.system_instruction is not None and not family.instruction:
        yield "takes no system_instruction"
    if config.affective_dialog and not family.affective_dialog:
        yield "knows no affective_dialog"
    if config.proactive_audio and family.proactive_audio == "refused":
        yield "knows no proactive_audio"
    if config.proactive_audio is False and family.proactive_audio == "always":
        yield "always is proactive: proactive_audio cannot be False"
    if isinstance(config.compression, ContextWindowCompression) and not family.compression:
        yield "takes no compression"
    if config.initial_history and family.history == "none":
        yield "takes no initial_history"
    translates = "text" not in family.inputs
    if config.translate_to is not None and not translates:
        yield "does not translate: translate_to is for gemini-3.5-live-translate-preview"
    if config.translate_to is None and config.setup is None and translates:
        yield "wants to know the language it speaks: translate_to='es-ES'"


def _tools(config: LiveConfig, family: Family) -> Iterator[str]:
    tools = tools_of(config.tools)
    if tools and not family.behaviors:
        yield "takes no tools"
        return
    for function in (function for tool in tools for function in tool.function_declarations or []):
        if function.behavior not in (None, "UNSPECIFIED", *family.behaviors):
            yield f"does not run functions {function.behavior}, as {function.name!r} is declared"
