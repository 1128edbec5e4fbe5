"""Reads a scenario from a TOML file: what a server is to be like, what goes wrong in it, and what it says.

    name = "rain"                     # what it is called; by custom the name of the file
    about = "A tool and a branch."    # what it is for, in a sentence
    seed = 7                          # decides what chance would; without it one is drawn and logged
    vad_signals = true                # send voiceActivityDetectionSignal too; by custom false
    faults = ["drop@audio:3#1"]       # what goes wrong, and when: see `FAULTS` below

    [network]                         # how what the server says gets there
    latency_ms = 80                   # every message is so much late
    jitter_ms = 40                    # and up to so much more
    bandwidth = 20_000                # bytes a second; inf is no bound
    pong_s = 12                       # pings are answered so late; production was seen to take 8 to 30 s

    [pace]                            # how sound is handed out
    ahead_s = 2                       # how far ahead of playback; inf is as fast as it is made
    speed = 0.8                       # seconds of sound a second after that; below 1 the client runs dry

    [limits]                          # in seconds of production; inf is for ever
    time_scale = 60                   # a minute of production is a second here
    connection_s = 600                # a connection
    notice_s = 50                     # how long before its end goAway comes
    audio_s = 900                     # a session without compression that has heard sound
    video_s = 120                     # a session without compression that has seen pictures
    context_tokens = 131_072          # what the model can have in view
    handle_s = 7200                   # how long a handle is good after its session

    [resumption]                      # what comes of sessions that a client wants to go on with
    mode = "rollback"                 # go on from where the handle was given; "keep" goes on from the end, "refuse" not
    handles = "after"                 # handles come after turnComplete, "before" it or "never"
    delay_s = 0                       # and so much later
    code = 1008                       # the close of a connection with a handle that is refused
    reason = "BidiGenerateContent session not found"

    [upgrade]                         # an HTTP answer instead of a WebSocket
    status = 429                      # 302, 401, 403, 404, 429 or 503
    times = 2                         # only for the first two connections
    location = "https://portal.example/login"   # where 302 leads
    retry_after_s = 30                # Retry-After

    [[turn]]                          # what is done when the user says something; as many as there are
    said = "rain|weather"             # a regular expression that must be found in the words, in any case
    hear = "Will it rain?"            # what the user's speech is taken to be, whatever it was
    do = [                            # what is done then, step by step
        { say = "Let me look." },
        { wait = 0.5 },               # seconds of silence
        { muse = "A question about the weather." },   # a thought, for clients that asked for thoughts
        { call = "weather", args = { city = "Oslo" }, when = [
            { matches = "rain", do = [{ say = "Take an umbrella." }] },
            { do = [{ say = "It stays dry." }] },
        ] },
        { show = { groundingMetadata = { webSearchQueries = ["Oslo"] } } },   # any serverContent, as JSON
        { breathe = true },           # the turn ends, the answer goes on in another
        { interrupted = true },       # what is being said stops as if the user had spoken
        { go_away = 5 },              # goAway, and the end after so many seconds
        { fail = "close:1011:Internal error encountered." },   # or drop, stall:SECONDS, halfopen
    ]

Each thing the user says takes the first turn not yet passed whose `said` is found in it, and passes those before. Where
none fits, and for a turn without `do`, the server's own brain answers. The first thing said is heard as the `hear` of
the first turn, the second as that of the second.

The script's place follows from what was said. Where a client asks for compression and the oldest is forgotten, so is
how far the script has come.

Calls that stand next to each other go out together, and the script goes on when all are answered: of each call with the
first of its `when` whose `matches`, a regular expression, is found in the JSON of the response (one without fits every
response), and then with what stands after the calls. A step happens whenever its turn is reached, also after a
resumption; a fault that ends in #1 only in the first connection.

FAULTS
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias

from livechat.errors import ConfigError, UsageError
from livechat.server import fault_words
from livechat.server.scenario import Scenario
from livechat.server.scenario_tables import Complaint, read_tables
from livechat.suggest import closest
from livechat.toml_places import KeyPath
from livechat.toml_text import Problem, TomlText, error_at, in_order, parse_toml, read_bytes

REFERENCE: str = (__doc__ or "").partition("\n\n")[2] + (fault_words.__doc__ or "").partition("\n\n")[2]
"""All that a scenario file can say, with an example of each key."""
SHIPPED = Path(__file__).with_name("scenarios")
"""The folder of those that come with the program."""
GivenScenario: TypeAlias = Scenario | Mapping[str, Any] | str | Path | None
"""A scenario as a caller gives one: itself, the tables of a file, a name or a path; None is the plain one."""


def load_scenario(name_or_path: str) -> Scenario:
    """The scenario that is shipped under that name, or else the one in that file.

    Raises UsageError for what is neither, MissingInput for a file that cannot be read, and ConfigError with all that is
    wrong in it, each with its place.
    """
    path = _path(name_or_path)
    return parse_scenario(path, read_bytes(path, "scenario"))


def scenario_of(given: GivenScenario) -> Scenario:
    """The scenario that is meant; None is the plain one. Raises what `load_scenario` does."""
    match given:
        case None:
            return Scenario()
        case Scenario():
            return given
        case str() | Path() if str(given) not in ("", "."):
            return load_scenario(str(given))
        case Mapping():
            return scenario_from(given)
        case _:
            raise UsageError(f"{given!r} is no scenario", hint="a name, a path, a dict or a Scenario")


def shipped_scenarios() -> list[tuple[str, str]]:
    """The name of each shipped scenario and what it is about, in the order of the alphabet."""
    return [(name, load_scenario(name).about) for name in _shipped_names()]


def parse_scenario(path: Path, content: bytes) -> Scenario:
    """The scenario in the bytes of a file. Raises ConfigError."""
    return _scenario(parse_toml(path, content))


def scenario_from(tables: Mapping[str, Any], name: str = "scenario") -> Scenario:
    """The scenario in tables such as a file would hold. Raises ConfigError."""
    return _scenario(TomlText(Path(name), tables=dict(tables)))


def _path(name_or_path: str) -> Path:
    if name_or_path in (names := _shipped_names()):
        return SHIPPED / f"{name_or_path}.toml"
    if any(sign in name_or_path for sign in "/\\.") or Path(name_or_path).exists():
        return Path(name_or_path)
    near = closest(name_or_path, names)
    raise UsageError(
        f"no scenario {name_or_path!r}" + (f" — did you mean {near}?" if near else ""),
        hint=f"the name of a file, or one of {', '.join(names)}",
    )


def _shipped_names() -> list[str]:
    return sorted(path.stem for path in SHIPPED.glob("*.toml"))


def _scenario(found: TomlText) -> Scenario:
    try:
        scenario, complaints = read_tables(found.tables, found.path.stem)
    except RecursionError:
        raise ConfigError(f"{found.path}: lists and tables are too deep in each other") from None
    if complaints:
        raise _error(found, complaints)
    return scenario


def _error(found: TomlText, complaints: Sequence[Complaint]) -> ConfigError:
    """All of it, in the order of the text where there is one."""
    hints = "\n".join(dict.fromkeys(complaint.wrong.hint for complaint in complaints if complaint.wrong.hint))
    if found.places:
        problems = in_order([_problem(found, complaint) for complaint in complaints])
        whats = [error_at(found.path, found.text, problem).what for problem in problems]
    else:
        whats = [f"{found.path}: {dotted(complaint.path)}: {complaint.wrong.message}" for complaint in complaints]
    return ConfigError("\n".join(whats), hint=hints)


def _problem(found: TomlText, complaint: Complaint) -> Problem:
    places = found.places[complaint.path]
    return Problem(places.value if complaint.on_value else places.key, complaint.wrong.message)


def dotted(path: KeyPath) -> str:
    """The path as Python would write it: turn[0].do[1].say."""
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path).lstrip(".")
