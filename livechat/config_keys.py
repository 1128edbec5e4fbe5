"""Every key of the configuration file: its type, its default, what it may hold and what it is for.

This table is all there is to know about a key: the loader checks by it, and `config.example.toml` is written from it.
A key is here only while a command follows it.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal, TypeVar, cast

from livechat.config_named import LONGEST_TOOL_S
from livechat.relinking import FURTHER_TRIES

Value = str | int | bool
Check = Callable[[Value], str]
"""Says what is wrong with a value of the right type, or nothing."""

PROFILES = "profiles"
"""The table beside the sections that holds tables of sections, each under a name."""

T = TypeVar("T")

LONGEST_JITTER_MS = 2000
_ENCODINGS = ("s16le", "s24le", "s32le", "f32le", "f64le", "u8", "mulaw", "alaw")

_KINDS: Mapping[type, str] = MappingProxyType(
    {
        str: "text in quotes",
        bool: "true or false",
        int: "a whole number",
        float: "a number with a point",
        list: "a list",
        dict: "a table",
    }
)


def _anything(value: Value) -> str:
    return ""


def _as_given(value: Value) -> Value:
    return value


@dataclass(frozen=True)
class About:
    """What is to know about one key."""

    section: str
    key: str
    kind: type[str] | type[int] | type[bool]
    default: Value | None
    """None: unset."""
    help: str
    example: Value
    """What the example file shows: the default, or for an unset key something that could be there."""
    check: Check = _anything
    spelled: Callable[[Value], Value] = _as_given
    """Spells a value without a mistake the way the rest of the program knows it."""

    @property
    def name(self) -> str:
        return f"{self.section}.{self.key}"

    @property
    def option(self) -> str:
        """The option that sets it, where a command has one."""
        return "--server" if self.name == "server.choice" else f"--{self.key.replace('_', '-')}"

    @property
    def variable(self) -> str:
        """The environment variable that sets it."""
        return f"LIVECHAT_{self.section}_{self.key}".upper()


def mistake(about: About, value: object) -> str:
    """What is wrong with `value` for this key, in words, or nothing."""
    if isinstance(value, (str, int)) and type(value) is about.kind:
        return about.check(value)
    return f"{about.key!r} in [{about.section}] must be {_KINDS[about.kind]}, not {_KINDS.get(type(value), 'a date')}"


def from_text(about: About, text: str) -> tuple[Value, str]:
    """The value that `text` writes, as a variable of the environment does, and what is wrong with it."""
    value: Value | None = text
    if about.kind is bool:
        value = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}.get(text.lower())
    elif about.kind is int:
        value = int(text) if text.isascii() and text.removeprefix("-").isdigit() and len(text) < 20 else None
    return (text, f"{text!r} is not {_KINDS[about.kind]}") if value is None else (value, about.check(value))


def one_of(*choices: str) -> Check:
    def check(value: Value) -> str:
        if value in choices:
            return ""
        from livechat.suggest import closest

        near = closest(str(value), choices)
        return f"{value!r} is not one of {', '.join(choices)}" + (f" — did you mean {near}?" if near else "")

    return check


def between(low: int, high: int) -> Check:
    def check(value: Value) -> str:
        return "" if isinstance(value, int) and low <= value <= high else f"{value} is not between {low} and {high}"

    return check


def _server(value: Value) -> str:
    if str(value).lower().startswith(("ws://", "wss://")):
        return ""
    return one_of("auto", "google", "local", "vertex", "ws://HOST", "wss://HOST")(value)


def _jitter(value: Value) -> str:
    if value == "auto":
        return ""
    known = isinstance(value, str) and value.isascii() and value.isdigit() and int(value) <= LONGEST_JITTER_MS
    return "" if known else f"{value!r} is neither auto nor a number of milliseconds up to {LONGEST_JITTER_MS}"


def _web_address(value: Value) -> str:
    return "" if str(value).startswith(("http://", "https://")) else f"{value!r} is no http:// or https:// address"


def _language(value: Value) -> str:
    tagged = re.fullmatch(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8})*", str(value))
    return "" if tagged else f"{value!r} is no language as BCP 47 writes it, like de-DE"


def _voice(value: Value) -> str:
    from livechat.voices import unknown_voice

    return unknown_voice(str(value))


def _canonical_voice(value: Value) -> Value:
    from livechat.voices import check_voice

    return check_voice(str(value))


def _key(
    default: T,
    help: str,
    *,
    example: Value | None = None,
    check: Check = _anything,
    spelled: Callable[[Value], Value] = _as_given,
) -> T:
    facts = {"help": help, "example": example, "check": check, "spelled": spelled}
    return dataclasses.field(default=default, metadata=facts)


@dataclass(frozen=True)
class ServerKeys:
    """Where the other side is."""

    choice: str = _key(
        "auto",
        "Whom to talk to: auto (google if a key is found, else local), google, local, vertex, or a ws:// address.",
        check=_server,
    )
    project: str | None = _key(None, "Google Cloud project, for vertex.", example="my-project")
    location: str | None = _key(None, "Google Cloud location, for vertex.", example="europe-west4")
    tries: int = _key(
        FURTHER_TRIES, "Connections tried when one was lost, until it is given up.", check=between(0, 100)
    )
    api_version: str | None = _key(None, "Version of Google's API, where the usual one will not do.", example="v1beta")


@dataclass(frozen=True)
class SessionKeys:
    """How a conversation is set up."""

    model: str | None = _key(
        None, "Model to talk to, where the server's newest will not do.", example="gemini-3.8-live"
    )
    voice: str | None = _key(
        None,
        "Voice of the model; `livechat voices` lists them.",
        example="Kore",
        check=_voice,
        spelled=_canonical_voice,
    )
    language: str | None = _key(
        None, "Language that the model speaks, as BCP 47 writes it.", example="pt-BR", check=_language
    )
    system: str | None = _key(
        None, "Instruction to the model: text, or @ and the path of a file.", example="Answer in one sentence."
    )


@dataclass(frozen=True)
class TextKeys:
    """What `livechat text` does beside printing."""

    speak: bool = _key(False, "Play the answer too.")
    usage: bool = _key(False, "Print the tokens used.")
    save: bool = _key(True, "Keep the words of each conversation, which --continue goes on with.")


@dataclass(frozen=True)
class TalkKeys:
    """How `livechat talk` listens and speaks."""

    input_device: str | None = _key(
        None, "Microphone: a name or number of `livechat devices`, - for PCM on stdin, none.", example="USB Headset"
    )
    output_device: str | None = _key(
        None, "Speaker: a name or number of `livechat devices`, - for PCM on stdout, none.", example="USB Headset"
    )
    aec: str = _key(
        "auto",
        "Echo of the speaker in the microphone: on cancels it, half-duplex does not listen while the model speaks, "
        "off trusts in headphones, auto chooses.",
        check=one_of("auto", "on", "off", "half-duplex"),
    )
    vad: str = _key(
        "server",
        "Who notices that you speak: server, local (here, by a model) or manual (the space key).",
        check=one_of("server", "local", "manual"),
    )
    noisy: bool = _key(False, "Takes fewer sounds for speech.")
    jitter_ms: str = _key(
        "auto", "How long the first sound of an answer is held back: auto learns it, or milliseconds.", check=_jitter
    )
    gain: int = _key(0, "Decibels by which the microphone is made louder.", check=between(-60, 60))
    compress: bool = _key(True, "Let the server forget the oldest words of a long conversation instead of ending it.")
    save: bool = _key(True, "Keep the words of each conversation; `livechat sessions` shows and deletes them.")


@dataclass(frozen=True)
class ToolsKeys:
    """What holds for all tools that the model may call."""

    approve: Literal["ask", "auto", "never"] = _key(
        "ask",
        "What becomes of a call that is to be asked about: ask (refused where nobody can be asked), auto (it runs) or "
        "never (it is refused).",
        check=one_of("ask", "auto", "never"),
    )
    timeout_s: int = _key(30, "Seconds that a tool may take.", check=between(1, LONGEST_TOOL_S))


@dataclass(frozen=True)
class SendAudioKeys:
    """How `livechat send-audio` reads and sends."""

    rate: int = _key(16000, "Samples per second of raw PCM.", check=between(1_000, 768_000))
    channels: int = _key(1, "Channels of raw PCM.", check=between(1, 64))
    format: str = _key(
        "s16le",
        f"Sample format of raw PCM: {', '.join(_ENCODINGS)}.",
        check=one_of(*_ENCODINGS),
    )
    save: bool = _key(True, "Keep the words of each conversation, which --continue goes on with.")
    fast: bool = _key(False, "Send as fast as the server takes it, instead of in real time.")


@dataclass(frozen=True)
class ServeKeys:
    """What `livechat serve` does, and the same server inside livechat for `--server local`."""

    host: str = _key("127.0.0.1", "Address to listen on.")
    port: int = _key(8765, "Port to listen on; 0 takes a free one.", check=between(0, 65535))
    max_connections: int = _key(64, "Clients served at a time.", check=between(1, 10000))
    llm_url: str | None = _key(
        None,
        "OpenAI-compatible address of a language model to answer in place of the built-in responder.",
        example="http://127.0.0.1:11434/v1",
        check=_web_address,
    )
    llm_model: str | None = _key(None, "Name of that language model.", example="llama3.2")
    speech_models: str | None = _key(
        None, "Folder of speech models to use in place of those installed.", example="models"
    )


@dataclass(frozen=True)
class OutputKeys:
    """What the terminal shows."""

    color: Literal["auto", "always", "never"] = _key(
        "auto",
        "Colors on stderr: auto (on a terminal that has them), always or never.",
        check=one_of("auto", "always", "never"),
    )
    face: Literal["auto", "tty", "plain", "screen-reader"] = _key(
        "auto",
        "How a conversation shows: tty (a screen, where a terminal can be redrawn), plain (lines that are only added "
        "to), screen-reader (those, and each change of state in a sentence) or auto.",
        check=one_of("auto", "tty", "plain", "screen-reader"),
    )
    ascii: bool | None = _key(None, "Draw signs in ASCII; unset: where stdout is not UTF-8.", example=True)


SECTIONS: Mapping[str, type] = MappingProxyType(
    {
        "server": ServerKeys,
        "session": SessionKeys,
        "text": TextKeys,
        "talk": TalkKeys,
        "tools": ToolsKeys,
        "send_audio": SendAudioKeys,
        "serve": ServeKeys,
        "output": OutputKeys,
    }
)


def _abouts() -> Iterator[About]:
    for section, keys in SECTIONS.items():
        for field in dataclasses.fields(keys):
            default = cast("Value | None", field.default)
            facts = field.metadata
            example: Value = default if default is not None else facts["example"]
            yield About(
                section, field.name, type(example), default, facts["help"], example, facts["check"], facts["spelled"]
            )


KEYS: Mapping[str, About] = MappingProxyType({about.name: about for about in _abouts()})
"""By `section.key`, in the order of the example file."""


def example() -> str:
    """The text of `config.example.toml`: every key with its use and its default, and nothing that changes anything."""
    from livechat.config_named import named_example

    return _EXAMPLE_HEAD + "".join(_example_of(section) for section in SECTIONS) + named_example() + _EXAMPLE_TAIL


def _example_of(section: str) -> str:
    head = f"# {SECTIONS[section].__doc__}\n[{section}]\n"
    return head + "".join(_explained(about) for about in KEYS.values() if about.section == section) + "\n"


def _explained(about: About) -> str:
    unset = "" if about.default is not None else " No default; for example:"
    return f"# {about.help}{unset}\n#{about.key} = {written(about.example)}\n"


def written(value: Value) -> str:
    """`value` as TOML writes it."""
    import json

    return json.dumps(value, ensure_ascii=False)


_EXAMPLE_HEAD = """\
# The configuration of livechat: every key, with its default, out of effect until you take the # away before it.
#
# What counts, the strongest first: an option of the command, a variable of the environment named after section and
# key (LIVECHAT_SESSION_VOICE), the chosen profile, this file, the default.
#
# An API key is not kept here: it comes from LIVECHAT_API_KEY, GOOGLE_API_KEY or GEMINI_API_KEY, or from the file given
# with --api-key-file.

"""

_EXAMPLE_TAIL = """\
# A profile has the same sections under a name of yours: livechat --profile work text "good morning"
#[profiles.work.session]
#language = "en-GB"
"""
