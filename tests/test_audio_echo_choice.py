"""How a call keeps the speaker out of the microphone, and why."""

from __future__ import annotations

import pytest

from livechat.audio.echo_choice import EchoChoice, How, choose_echo


def chosen(
    wish: str = "auto",
    *,
    speaker: str = "Built-in Audio",
    missing: str = "",
    predicted: str = "",
    open_air: bool = True,
    no_echo: bool = False,
) -> EchoChoice:
    return choose_echo(
        wish, in_the_open=open_air, speaker=speaker, missing=missing, predicted=predicted, no_echo=no_echo
    )


@pytest.mark.parametrize("how", ["on", "off", "half-duplex"])
def test_what_was_asked_for_is_done_and_needs_no_reason(how: How) -> None:
    assert chosen(how, speaker="Headset", missing="x", predicted="y") == EchoChoice(how)


@pytest.mark.parametrize(("wish", "told"), [("auto", False), ("off", False), ("on", True), ("half-duplex", True)])
def test_through_pipes_nothing_echoes_and_who_asked_is_told(wish: str, told: bool) -> None:
    choice = chosen(wish, open_air=False)
    assert choice.how == "off"
    assert bool(choice.why) is told


def test_an_open_speaker_is_cancelled() -> None:
    assert chosen() == EchoChoice("on")


@pytest.mark.parametrize("name", ["USB Headset", "WH-1000 Headphones", "AirPods Pro", "Galaxy Buds", "Hands-Free AG"])
def test_what_is_worn_on_the_ears_is_not(name: str) -> None:
    choice = chosen(speaker=name, missing="x")
    assert choice.how == "off"
    assert name in choice.sentence


@pytest.mark.parametrize("name", ["Budget Speaker", "HDMI 1", "Header board", ""])
def test_other_names_are_loudspeakers(name: str) -> None:
    assert chosen(speaker=name).how == "on"


@pytest.mark.parametrize("why", [{"missing": "no package"}, {"predicted": "the test failed"}])
def test_where_cancelling_would_fail_nothing_is_heard_while_the_model_speaks_and_that_is_said(
    why: dict[str, str],
) -> None:
    choice = chosen(missing=why.get("missing", ""), predicted=why.get("predicted", ""))
    assert choice.how == "half-duplex"
    assert choice.sentence == f"half duplex: nothing is heard while the model speaks ({next(iter(why.values()))})"


def test_where_a_test_heard_no_echo_nothing_is_cancelled() -> None:
    choice = chosen(missing="x", no_echo=True)
    assert choice == EchoChoice("off", "no echo was heard in the last test of these devices")


def test_each_way_has_its_words() -> None:
    assert EchoChoice("on").sentence == "echo cancellation is on"
    assert EchoChoice("off").sentence == "echo cancellation is off"
