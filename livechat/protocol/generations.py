"""What each family of Live models accepts and refuses: one table of facts, each cell with its source.

Sources: [S] google-genai 3.4.0 and @google/genai 3.1.0 themselves or frames captured from them;
[D] ai.google.dev/gemini-api/docs/… (the page named), as of November 2026; otherwise repository and number of an
issue or a pull request. What follows from the facts is written on each side, in the client and in the server.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import Literal

VOICES = (
    *("Zephyr", "Puck", "Charon", "Kore", "Fenrir", "Leda", "Orus", "Aoede", "Callirrhoe", "Autonoe"),
    *("Enceladus", "Iapetus", "Umbriel", "Algieba", "Despina", "Erinome", "Algenib", "Rasalgethi", "Laomedeia"),
    *("Achernar", "Alnilam", "Schedar", "Gacrux", "Pulcherrima", "Achird", "Zubenelgenubi", "Vindemiatrix"),
    *("Sadachbia", "Sadaltager", "Sulafat"),
)
"""The names of the thirty prebuilt voices in Google's order [D speech-generation]."""

DEFAULT_VOICE = "Puck"  # Firebase's documentation
DEFAULT_MODEL = "gemini-3.8-live"  # [D models/gemini-3.8-live] "the default option"
LOCAL_TEXT_MODEL = "gemini-live-2.5-flash"
"""A model that can answer in text; the embedded server takes its name, so that text need not pass through speech."""

Behavior = Literal["BLOCKING", "NON_BLOCKING"]
ThinkingLevel = Literal["MINIMAL", "LOW", "MEDIUM", "HIGH"]


@dataclass(frozen=True, slots=True)
class Family:
    """One row: models that behave alike on the wire."""

    name: str
    """How people call it."""
    models: tuple[str, ...]
    """The names Google has given, without `models/`, newest first."""
    prefixes: tuple[str, ...]
    """What those and further names begin with, in lower case."""
    modalities: tuple[Literal["TEXT", "AUDIO"], ...]
    """What it can answer in; a session has one."""
    inputs: tuple[Literal["text", "audio", "video"], ...]
    """What it listens to."""
    text_route: Literal["client_content", "realtime_text", "none"]
    """How text reaches it once the conversation runs: as `clientContent` or as `realtimeInput.text`."""
    history: Literal["client_content", "history_config", "none"]
    """How earlier turns are given: as `clientContent` without more, or only announced by `historyConfig`."""
    instruction: bool
    """It takes a `systemInstruction`."""
    default_behavior: Behavior | None
    """How a function runs whose declaration does not say; None without functions."""
    behaviors: tuple[Behavior, ...]
    """How functions may run."""
    thinking: Literal["refused", "optional", "required"]
    """Whether the setup may, or must, hold a `thinkingConfig`."""
    thinking_levels: tuple[ThinkingLevel, ...]
    """The `thinkingLevel`s it knows."""
    thinking_budget: bool
    """It knows `thinkingBudget`."""
    interaction_status: bool
    """A request may take several turns: it is over at `interactionStatus` IDLE, not at `turnComplete`."""
    compression: bool
    """It takes `contextWindowCompression`."""
    writes_ahead: bool
    """On the Developer API its transcript runs ahead of its sound, and a call is first written as Python."""
    affective_dialog: bool
    """It takes `enableAffectiveDialog`."""
    proactive_audio: Literal["refused", "optional", "always"]
    """Whether it may keep silent: not at all, when asked, or always, so that `proactiveAudio: false` is an error."""
    context_update: bool
    """It takes `contextUpdate` in mid-session."""
    null_handle: bool
    """It takes `sessionResumption: {handle: null}` for a new session."""
    silence_duration: bool
    """It honours `silenceDurationMs`."""
    turn_coverage: Literal["TURN_INCLUDES_ONLY_ACTIVITY", "TURN_INCLUDES_AUDIO_ACTIVITY_AND_ALL_VIDEO"] | None
    """The `turnCoverage` it has when none is asked for; None where there are no turns."""
    retired: date | None
    """When Google shut it down."""
    holds_input: bool = False
    """Live input while a blocking call is open may end the session with 1008: it is held until the answer."""
    music: bool = False
    """It speaks the music API (`BidiGenerateMusic`), which has none of the above."""


_HALF_CASCADE = Family(
    name="Gemini 2.0 half-cascade",
    models=("gemini-live-2.5-flash-preview", "gemini-2.0-flash-live-001", "gemini-2.0-flash-live-preview-04-09"),
    prefixes=("gemini-2.0-", "gemini-live-2.5-flash-preview"),
    modalities=("TEXT", "AUDIO"),  # recordings of js-genai: gemini-live-2.5-flash-preview answers with text parts
    inputs=("text", "audio", "video"),  # [D live-guide, 2025]
    text_route="client_content",  # recordings of js-genai
    history="client_content",  # [D live-guide, 2025]
    instruction=True,  # [D live-guide, 2025]
    default_behavior="BLOCKING",  # [D live-tools, 2025]
    behaviors=("BLOCKING", "NON_BLOCKING"),  # [D live-tools, 2025], though not on Vertex: python-genai #1739
    thinking="refused",  # [D live-guide] thinking begins with 2.5 native audio
    thinking_levels=(),
    thinking_budget=False,
    interaction_status=False,  # [D live-api/thinking] came with 3.8
    compression=True,  # [D live-session]
    writes_ahead=True,  # recordings of js-genai and the .NET client: executableCode first, three transcripts first
    affective_dialog=False,  # [D live-guide] native audio only
    proactive_audio="refused",  # [D live-guide] native audio only
    context_update=False,  # came with 3.8 [S]
    null_handle=True,  # nothing to the contrary reported
    silence_duration=True,  # [D live-guide]
    turn_coverage="TURN_INCLUDES_ONLY_ACTIVITY",  # [D models/gemini-3.1-flash-live-preview] "instead of"
    retired=date(2025, 12, 9),  # [D deprecations]
)

_HALF_CASCADE_VERTEX = replace(
    _HALF_CASCADE,  # docs.cloud.google.com live-api/configure-gemini-capabilities uses it with ["TEXT"]
    name="Gemini Live 2.5 Flash",
    models=("gemini-live-2.5-flash",),
    prefixes=("gemini-live-2.5-flash",),
    writes_ahead=False,  # nothing of the kind recorded
    retired=None,
)

_NATIVE_AUDIO = Family(
    name="Gemini 2.5 native audio",
    models=(
        "gemini-live-2.5-flash-native-audio",
        "gemini-2.5-flash-native-audio-latest",
        "gemini-2.5-flash-native-audio-preview-12-2025",
        "gemini-2.5-flash-native-audio-preview-09-2025",
    ),
    prefixes=("gemini-2.5-", "gemini-live-2.5-flash-native-audio", "gemini-live-2.5-flash-preview-native-audio"),
    modalities=("AUDIO",),  # [D live-guide] native audio answers in audio only
    inputs=("text", "audio", "video"),  # [D models/gemini-2.5-flash-native-audio-preview-12-2025]
    text_route="client_content",  # [D live-guide]
    history="client_content",  # [D live-guide]
    instruction=True,  # [D live-guide]
    default_behavior="BLOCKING",  # [D live-tools]
    behaviors=("BLOCKING", "NON_BLOCKING"),  # [D live-tools], though not on Vertex: python-genai #1739
    thinking="optional",  # [D live-guide] dynamic thinking unless told otherwise
    thinking_levels=(),  # [D models/gemini-3.1-flash-live-preview] levels came with 3.1
    thinking_budget=True,  # [D live-guide] 0 is off
    interaction_status=False,  # [D live-api/thinking] came with 3.8
    compression=True,  # [D live-session]
    writes_ahead=False,  # nothing of the kind recorded
    affective_dialog=True,  # [D live-guide] on v1alpha
    proactive_audio="optional",  # [D live-guide] on v1alpha
    context_update=False,  # came with 3.8 [S]
    null_handle=True,  # nothing to the contrary reported
    silence_duration=True,  # [D live-guide]
    turn_coverage="TURN_INCLUDES_ONLY_ACTIVITY",  # [D models/gemini-3.1-flash-live-preview] "instead of"
    retired=None,
    holds_input=True,  # google/adk-python #4679, livekit/agents #4545: 1008 for input during a call
)

_FLASH_LIVE = Family(
    name="Gemini 3.1 Flash Live",
    models=("gemini-3.1-flash-live-preview",),
    prefixes=("gemini-3.1-",),
    modalities=("AUDIO",),  # [D live-guide]
    inputs=("text", "audio", "video"),  # [D models/gemini-3.1-flash-live-preview]
    text_route="realtime_text",  # clientContent in mid-session is 1007: livekit/agents #5238 #5251 #5262
    history="history_config",  # strands-agents/harness-sdk #1999; [D live-guide]
    instruction=True,  # [D live-guide]
    default_behavior="BLOCKING",  # [D models/gemini-3.1-flash-live-preview]
    behaviors=("BLOCKING",),  # [D models/gemini-3.1-flash-live-preview] "synchronous only"
    thinking="optional",  # [D models/gemini-3.1-flash-live-preview] MINIMAL unless told otherwise
    thinking_levels=("MINIMAL", "LOW", "MEDIUM", "HIGH"),  # the same page
    thinking_budget=False,  # the same page: the level "instead of" the budget
    interaction_status=False,  # [D live-api/thinking] came with 3.8
    compression=True,  # [D live-session]
    writes_ahead=False,  # nothing of the kind recorded
    affective_dialog=False,  # [D models/gemini-3.1-flash-live-preview] not supported
    proactive_audio="refused",  # the same page: not supported
    context_update=False,  # came with 3.8 [S]
    null_handle=False,  # strands-agents/harness-sdk #1999
    silence_duration=False,  # python-genai #2580, js-genai #1467
    turn_coverage="TURN_INCLUDES_AUDIO_ACTIVITY_AND_ALL_VIDEO",  # [D models/gemini-3.1-flash-live-preview]
    retired=None,
)

_TRANSLATE = Family(
    name="Gemini 3.5 Live Translate",
    models=("gemini-3.5-live-translate-preview",),
    prefixes=("gemini-3.5-live-translate",),
    modalities=("AUDIO",),  # [D live-api/live-translate]
    inputs=("audio",),  # the same page: input is limited to audio
    text_route="none",  # the same page
    history="none",  # the same page: it takes no turns
    instruction=False,  # the same page: no instructions
    default_behavior=None,  # the same page: no tools
    behaviors=(),
    thinking="refused",  # the same page: the settings are those of translation
    thinking_levels=(),
    thinking_budget=False,
    interaction_status=False,  # the same page: it takes no turns
    compression=False,  # the same page: the settings are those of translation
    writes_ahead=False,  # nothing of the kind recorded
    affective_dialog=False,  # the same page
    proactive_audio="refused",  # the same page
    context_update=False,  # no instruction and no tools to update
    null_handle=True,  # nothing to the contrary reported
    silence_duration=False,  # the same page: it does not wait for the end of speech
    turn_coverage=None,  # the same page: it takes no turns
    retired=None,
)

_LIVE = Family(
    name="Gemini 3.8 Live",
    models=("gemini-3.8-live",),
    prefixes=("gemini-3.8-",),
    modalities=("AUDIO",),  # [D models/gemini-3.8-live]
    inputs=("text", "audio", "video"),  # [D models/gemini-3.8-live]
    text_route="client_content",  # [D models/gemini-3.8-live] at any time, with roles user and model
    history="client_content",  # [D models/gemini-3.8-live]; a resumed session may lack it: livekit/agents-js #2507
    instruction=True,  # [D live-guide]
    default_behavior="NON_BLOCKING",  # [D models/gemini-3.8-live]; livekit/agents #7302
    behaviors=("NON_BLOCKING", "BLOCKING"),  # [D models/gemini-3.8-live]
    thinking="refused",  # 1007 when it is there: livekit/agents #7302; [D models/gemini-3.8-live]
    thinking_levels=(),
    thinking_budget=False,
    interaction_status=False,  # [D live-api/thinking] one spoken turn for each request
    compression=True,  # [D live-session]
    writes_ahead=False,  # nothing of the kind recorded
    affective_dialog=False,  # [D models/gemini-3.8-live] removed from the API
    proactive_audio="always",  # [D models/gemini-3.8-live] false returns an error
    context_update=True,  # [S] google-genai 3.4.0, @google/genai 3.1.0
    null_handle=True,  # nothing to the contrary reported
    silence_duration=True,  # nothing to the contrary reported
    turn_coverage="TURN_INCLUDES_AUDIO_ACTIVITY_AND_ALL_VIDEO",  # [D models/gemini-3.8-live]
    retired=None,
)

_EXTENDED_THINKING = replace(
    _LIVE,
    name="Gemini 3.8 Live Extended Thinking",
    models=("gemini-3.8-live-extended-thinking",),
    prefixes=("gemini-3.8-live-extended-thinking",),
    behaviors=("NON_BLOCKING",),  # [D models/gemini-3.8-live-extended-thinking] "async only"
    thinking="required",  # closes without a level: livekit/agents #7302
    thinking_levels=("LOW", "MEDIUM", "HIGH"),  # the same
    interaction_status=True,  # [D live-api/thinking]; google-genai 3.4.0 live.py ends on IDLE [S]
)

_LYRIA = Family(
    name="Lyria RealTime",
    models=("lyria-realtime-exp",),
    prefixes=("lyria-",),
    modalities=("AUDIO",),  # [S] serverContent.audioChunks
    inputs=("text",),  # [S] weighted prompts
    text_route="none",  # [S] prompts steer, nobody answers them
    history="none",  # [S] the setup holds the model alone, so all below is refused
    instruction=False,
    default_behavior=None,
    behaviors=(),
    thinking="refused",
    thinking_levels=(),
    thinking_budget=False,
    interaction_status=False,
    compression=False,
    writes_ahead=False,
    affective_dialog=False,
    proactive_audio="refused",
    context_update=False,
    null_handle=False,
    silence_duration=False,
    turn_coverage=None,
    retired=None,
    music=True,
)

FAMILIES = (
    *(_LIVE, _EXTENDED_THINKING, _TRANSLATE, _FLASH_LIVE),
    *(_NATIVE_AUDIO, _HALF_CASCADE_VERTEX, _HALF_CASCADE, _LYRIA),
)
"""The rows, newest first."""


def family_of(model: str) -> Family:
    """The row of a model, whatever stands before its last `/` and in whatever case.

    A name that is not known goes with the longest beginning that is, and else with the newest family.
    """
    name = model.rpartition("/")[2].lower()
    known = [(len(prefix), family) for family in FAMILIES for prefix in family.prefixes if name.startswith(prefix)]
    return max(known, key=lambda pair: pair[0])[1] if known else FAMILIES[0]


def live_models() -> tuple[str, ...]:
    """The names of the models that hold conversations and are not retired, newest first."""
    return tuple(model for family in FAMILIES if not (family.retired or family.music) for model in family.models)
