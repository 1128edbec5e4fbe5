"""Claims about the tables of a scenario: each key becomes what it says, and all that is wrong is told by its path."""

from __future__ import annotations

import tomllib
from dataclasses import fields
from math import inf

import pytest

from livechat.server.scenario import (
    BeInterrupted,
    Branch,
    Breathe,
    Call,
    CloseWith,
    Double,
    Drop,
    Fail,
    Fault,
    GoAway,
    HalfOpen,
    Limits,
    Muse,
    Network,
    Pace,
    Resumption,
    Scenario,
    Show,
    Speak,
    Stall,
    Step,
    Turn,
    Upgrade,
    Wait,
    When,
)
from livechat.server.scenario_tables import SECTIONS, STEPS, TOP, read_tables


def scenario(text: str) -> Scenario:
    found, complaints = read_tables(tomllib.loads(text), "play")
    assert complaints == []
    return found


def complaints(text: str) -> list[str]:
    """What is wrong, after the path of the key or, in parentheses, of the value."""
    _, found = read_tables(tomllib.loads(text), "play")
    paths = [".".join(map(str, complaint.path)) for complaint in found]
    return [
        f"{f'({path})' if complaint.on_value else path}: {complaint.wrong.message}"
        for path, complaint in zip(paths, found, strict=True)
    ]


def do(steps: str) -> tuple[Step, ...]:
    (turn,) = scenario(f"[[turn]]\ndo = [{steps}]").turns
    return turn.do


def wrong_steps(steps: str) -> list[str]:
    return [line.replace("turn.0.do", "do") for line in complaints(f"[[turn]]\ndo = [{steps}]")]


def test_a_file_that_says_nothing_is_production() -> None:
    assert scenario("") == Scenario(name="play")


def test_the_top_of_a_file_says_what_it_is() -> None:
    text = 'name = "n"\nabout = "a"\nseed = 7\nvad_signals = true\nfaults = ["drop@audio:3#1", "double@any+"]'
    assert scenario(text) == Scenario(
        "n",
        "a",
        7,
        faults=(
            Fault(Drop(), When("audio", 3, connection=1)),
            Fault(Double(), When("any", onwards=True)),
        ),
        vad_signals=True,
    )


def test_each_section_becomes_what_it_is_called_after() -> None:
    found = scenario(
        """
        [network]
        latency_ms = 80
        jitter_ms = 40.5
        bandwidth = 20_000
        pong_s = 12
        [pace]
        ahead_s = inf
        speed = 0.8
        [limits]
        time_scale = 60
        connection_s = inf
        notice_s = 5
        audio_s = 10
        video_s = inf
        context_tokens = inf
        handle_s = 7200
        [resumption]
        mode = "keep"
        handles = "never"
        delay_s = 1
        code = 1011
        reason = "no"
        [upgrade]
        status = 302
        times = 2
        location = "http://x/"
        retry_after_s = 3
        """
    )
    assert found.network == Network(80, 40.5, 20_000, 12)
    assert found.pace == Pace(inf, 0.8)
    assert found.limits == Limits(60, None, 5, 10, None, None, 7200)
    assert found.resumption == Resumption("keep", "never", 1, 1011, "no")
    assert found.upgrade == Upgrade(302, 2, "http://x/", 3)
    assert scenario("[network]\nbandwidth = inf").network == Network()


def test_every_field_of_a_scenario_can_be_said() -> None:
    """Whoever adds a field to a dataclass adds a key here."""
    said = {*TOP, *SECTIONS, "faults", "turn"}
    assert {field.name for field in fields(Scenario)} == {name if name != "turn" else "turns" for name in said}
    for kind, readers in SECTIONS.values():
        assert isinstance(kind, type)
        assert {field.name for field in fields(kind)} == set(readers)


def test_a_turn_says_when_it_is_meant_what_is_heard_and_what_is_done() -> None:
    text = '[[turn]]\nsaid = "rain"\nhear = "Will it rain?"\ndo = [{ say = "Yes." }]\n[[turn]]'
    assert scenario(text).turns == (Turn((Speak("Yes."),), "rain", "Will it rain?"), Turn(()))


def test_every_step_becomes_what_it_says() -> None:
    assert do('{say="a"}, {wait=0.5}, {muse="m"}, {breathe=true}, {interrupted=true}, {go_away=5}') == (
        Speak("a"),
        Wait(0.5),
        Muse("m"),
        Breathe(),
        BeInterrupted(),
        GoAway(5),
    )
    assert do('{fail="close:1011:no: way"}, {fail="drop"}, {fail="stall:2"}, {fail="halfopen"}') == (
        Fail(CloseWith(1011, "no: way")),
        Fail(Drop()),
        Fail(Stall(2)),
        Fail(HalfOpen()),
    )
    assert do('{show={groundingMetadata={webSearchQueries=["Oslo"]}}}') == (
        Show({"groundingMetadata": {"webSearchQueries": ["Oslo"]}}),
    )
    assert do("{show={turn_complete=true}}") == (Show({"turn_complete": True}),)


def test_a_call_has_arguments_and_branches_and_branches_have_calls() -> None:
    assert do('{call="f"}') == (Call("f"),)
    inner = '{matches="a|b", do=[{call="g", when=[{do=[{say="x"}]}]}]}, {}'
    assert do(f'{{call="f", args={{city="Oslo", days=[1, 2]}}, when=[{inner}]}}') == (
        Call(
            "f",
            {"city": "Oslo", "days": [1, 2]},
            (Branch("a|b", (Call("g", {}, (Branch("", (Speak("x"),)),)),)), Branch("", ())),
        ),
    )


def test_steps_can_be_tables_of_their_own() -> None:
    call = '[[turn.do]]\ncall = "f"\nargs.city = "Oslo"\n[[turn.do.when]]\ndo = [{say="x"}]\n'
    text = f"[[turn]]\n{call}[[turn.do]]\nwait = 1"
    assert scenario(text).turns[0].do == (Call("f", {"city": "Oslo"}, (Branch("", (Speak("x"),)),)), Wait(1))


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("nmae = 'x'", "nmae: unknown key 'nmae' in a scenario — did you mean 'name'?"),
        ("[[turns]]", "turns: unknown key 'turns' in a scenario — did you mean 'turn'?"),
        (
            "qqqqqqq = 1",
            "qqqqqqq: unknown key 'qqqqqqq' in a scenario; there are name, about, seed, vad_signals, faults,",
        ),
        ("name = 1", "(name): name: must be text in quotes, not a whole number"),
        ("seed = -1", "(seed): seed: -1 is not between 0 and"),
        ("network = 1", "network: network is a section: [network] on a line of its own"),
        ("[network]\nlatency = 3", "network.latency: unknown key 'latency' in [network] — did you mean 'latency_ms'?"),
        ("[network]\nlatency_ms = -3", "(network.latency_ms): latency_ms: -3 is not between 0 and 600000"),
        ("[pace]\nspeed = 0", "(pace.speed): speed: 0 is not between 0.01 and 1000"),
        ("[limits]\nconnection_s = 0", "(limits.connection_s): connection_s: 0 is not between 0.001 and 604800"),
        ("[upgrade]\ntimes = 1", "upgrade: [upgrade] needs a status, as in status = 429"),
        ("[upgrade]\nstatus = 200", "(upgrade.status): status: 200 is not one of 302, 401, 403, 404, 429, 503"),
        ("faults = 'drop@audio'", '(faults): faults are a list of texts, as in ["drop@audio:3"]'),
        ("faults = [1]", "(faults.0): faults: must be text in quotes, not a whole number"),
        (
            "faults = ['drp@audio']",
            "(faults.0): faults: the fault 'drp@audio': unknown act 'drp' — did you mean 'drop'?",
        ),
        ("[turn]", "turn: turns are an array of tables: [[turn]] on a line of its own"),
        ("turn = [1]", "(turn.0): turns are an array of tables: [[turn]] on a line of its own"),
        ("[[turn]]\nsay = 1", "turn.0.say: unknown key 'say' in a turn — did you mean 'said'?"),
        ("[[turn]]\nsaid = '('", "(turn.0.said): said: no regular expression: missing )"),
    ],
)
def test_what_is_wrong_is_told_by_its_path(text: str, wrong: str) -> None:
    (told,) = complaints(text)
    assert told.startswith(wrong)


@pytest.mark.parametrize(
    ("steps", "wrong"),
    [
        ("1", '(do.0): do is a list of steps, as in [{ say = "Hello." }]'),
        ("{}", "do.0: no step is named; there are call, say, wait, muse, show, breathe, interrupted, go_away, fail"),
        ('{sya="x"}', "do.0.sya: unknown key 'sya' in a step — did you mean 'say'?"),
        ('{cal="x"}', "do.0.cal: unknown key 'cal' in a step — did you mean 'call'?"),
        ('{say="x", wait=1}', "do.0: say and wait are two steps: each in braces of its own"),
        ('{say="x", args={}}', "do.0.args: args belongs to a call"),
        ("{when=[]}", "do.0: no step is named; there are call,"),
        ("{wait=-1}", "(do.0.wait): wait: -1 is not between 0 and 604800"),
        ("{breathe=false}", "(do.0.breathe): breathe: can only be true; without it the step is left out"),
        ("{breathe=1}", "(do.0.breathe): breathe: must be true or false, not a whole number"),
        ('{fail="double"}', "(do.0.fail): fail: the fault 'double': here only close, drop, stall and halfopen can be"),
        ("{call=1}", "(do.0.call): call: must be text in quotes, not a whole number"),
        ('{call="f", args=[]}', "(do.0.args): args: must be a table, not a list"),
        ('{call="f", when={}}', "do.0.when: when is a list of branches, as in"),
        (
            '{call="f", when=[{match="x"}]}',
            "do.0.when.0.match: unknown key 'match' in a branch — did you mean 'matches'?",
        ),
        (
            "{show={modelTrun={}}}",
            "(do.0.show): show: serverContent has no field 'modelTrun' — did you mean 'modelTurn'?",
        ),
        ("{show={qqqqqqq={}}}", "(do.0.show): show: serverContent has no field 'qqqqqqq'"),
        (
            '{show={turnComplete="yes"}}',
            "(do.0.show): show: no serverContent: serverContent.turnComplete: Input should",
        ),
    ],
)
def test_a_wrong_step_is_told_by_its_path(steps: str, wrong: str) -> None:
    (told,) = wrong_steps(steps)
    assert told.startswith(wrong)


def test_all_that_is_wrong_is_told_at_once() -> None:
    text = 'nmae = 1\n[pace]\nspeed = 0\nahaed_s = 1\n[[turn]]\ndo = [{say=1}, {say="x"}, {sya=1}]\n[[turn]]\nsaid = 3'
    assert [line.partition(": ")[0] for line in complaints(text)] == [
        *("nmae", "(pace.speed)", "pace.ahaed_s", "(turn.0.do.0.say)", "turn.0.do.2.sya", "(turn.1.said)")
    ]


def test_every_step_has_its_class() -> None:
    assert set(STEPS) == {"say", "wait", "muse", "show", "breathe", "interrupted", "go_away", "fail"}
