"""The simple orders of a system instruction are found and kept."""

from __future__ import annotations

from dataclasses import asdict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livechat.protocol.parts import FunctionCall
from livechat.server.skills.instructions import Orders, obeyed, read_orders, refusal


@pytest.mark.parametrize(
    ("instruction", "orders"),
    [
        ("You are Captain Byte, a pirate robot.", {"name": "Captain Byte"}),
        ("Your name is Sunny.", {"name": "Sunny"}),
        ("your name is captain byte.", {"name": "Captain Byte"}),
        ("You are a helpful assistant called Orion. Be friendly.", {"name": "Orion"}),
        ("you are a pirate called blackbeard", {"name": "Blackbeard"}),
        ("Act as the Professor of Plums.", {"name": "Professor of Plums"}),
        ("You are a helpful assistant.", {}),
        ("You are English.", {}),
        ("You are Google's assistant.", {}),
        ("The user's name is Ada.", {"user_name": "Ada"}),
        ("You are talking to Grace.", {"user_name": "Grace"}),
        ("You are talking to a student named Joe.", {"user_name": "Joe"}),
        ("Address the user as Sir Toby.", {"user_name": "Sir Toby"}),
        ("Call the user boss", {"user_name": "Boss"}),
        ("Answer in one sentence.", {"sentences": 1}),
        ("Use at most 3 short sentences.", {"sentences": 3}),
        ("Keep answers under 20 words.", {"sentences": 1}),
        ("Answer in 65 words.", {"sentences": 3}),
        ("Be brief.", {"brief": True}),
        ("Keep your answers short.", {"brief": True}),
        ("Give short answers.", {"brief": True}),
        ("End every answer with 'over'.", {"end": "over"}),
        ("Finish each response with the word roger", {"end": "roger"}),
        ("Always finish by saying: Have a nice day!", {"end": "Have a nice day!"}),
        ("Say 'beep' at the end of every message.", {"end": "beep"}),
        ("Begin every reply with “Greetings, traveler”.", {"begin": "Greetings, traveler"}),
        ("Start all of your answers with Well well and end with done.", {"begin": "Well well", "end": "done"}),
        ("Say arr before every answer.", {"begin": "arr"}),
        ("Always say Ahoy.", {"begin": "Ahoy"}),
        ("Always say whatever you can think of to please them all.", {}),
        ("Write in capital letters.", {"case": "upper"}),
        ("all lowercase please", {"case": "lower"}),
        ("Answer in German.", {"language": "German"}),
        ("You must speak only Spanish.", {"language": "Spanish"}),
        ("You speak English.", {}),
        ("Only talk about cooking and recipes.", {"only": "cooking and recipes"}),
        ("Only answer questions about our products.", {"only": "our products"}),
        ("Never tell stories. Do not talk about politics!", {"never": ("tell stories", "talk about politics")}),
        ("", {}),
    ],
)
def test_an_order_is_understood(instruction: str, orders: dict[str, object]) -> None:
    assert asdict(read_orders(instruction)) == asdict(Orders()) | orders


@given(st.text(max_size=300))
def test_any_instruction_can_be_read(text: str) -> None:
    read_orders(text)


@pytest.mark.parametrize(
    ("instruction", "question", "said"),
    [
        ("Never tell stories.", "tell me a story", "I was asked not to tell stories."),
        ("Never tell stories.", "what is 2 plus 2", None),
        ("Only talk about cooking.", "what is 2 plus 2 times 9", "I was asked to talk only about cooking."),
        ("Only talk about cooking.", "is cooking rice hard", None),
        ("Only talk about cooking.", "go on", None),
        ("", "tell me a story", None),
    ],
)
def test_what_is_excluded_is_refused(instruction: str, question: str, said: str | None) -> None:
    assert refusal(read_orders(instruction), question) == said


def said(orders: Orders, *pieces: str, first: bool = False) -> str:
    return "".join(map(str, obeyed(orders, pieces, first=first)))


def test_without_orders_nothing_changes() -> None:
    call = FunctionCall(name="f")
    assert list(obeyed(Orders(), ["a", call, "b"], first=True)) == ["a", call, "b"]


def test_answers_begin_and_end_as_ordered_and_never_twice() -> None:
    orders = Orders(begin="Ahoy", end="over")
    assert said(orders, "2 plus 2 ", "is 4.") == "Ahoy. 2 plus 2 is 4. over"
    assert said(orders, "Ahoy. 2 plus 2 is 4. over") == "Ahoy. 2 plus 2 is 4. over"
    assert said(orders, "4. ") == "Ahoy. 4. over"
    assert said(Orders(begin="Ahoy!"), "4.") == "Ahoy! 4."


def test_a_reply_without_words_is_left_alone() -> None:
    call = FunctionCall(name="f")
    assert list(obeyed(Orders(begin="Ahoy", end="over"), [call], first=True)) == [call]


def test_the_case_is_that_of_the_orders() -> None:
    assert said(Orders(case="upper", end="over"), "It is 4.") == "IT IS 4. OVER"
    assert said(Orders(case="lower"), "It is 4.") == "it is 4."


def test_another_language_is_declined_once() -> None:
    orders = Orders(language="German")
    assert said(orders, "4.", first=True) == "I was asked to speak German, but I only know English. 4."
    assert said(orders, "4.") == "4."


def test_an_answer_has_no_more_sentences_than_ordered() -> None:
    call = FunctionCall(name="f")
    assert said(Orders(sentences=2), "One. Tw", "o. Three. Four.") == "One. Two. "
    assert said(Orders(sentences=2), "One. ", "Two.") == "One. Two."
    assert said(Orders(sentences=2, end="over"), "One. Two. Three.") == "One. Two. over"
    assert list(obeyed(Orders(sentences=1), ["One.", call, "Two."], first=False)) == ["One.", call]
