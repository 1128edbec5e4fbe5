"""The guessing game is played to its end, and its state is nowhere but in what was said."""

from __future__ import annotations

import pytest

from livechat.server.skills.guessing import HIGHEST, guessing
from tests.brain_help import answer

START = "let's play a guessing game"


@pytest.mark.parametrize(
    "said",
    [
        START,
        "play a game with me",
        "can we play guess the number",
        "I want to play",
        "think of a number and I will guess it",
        "pick a number between 1 and 100",
        "higher or lower",
        "another round please",
    ],
)
def test_a_game_begins(said: str) -> None:
    assert answer(guessing, said) == "I am thinking of a number from 1 to 100. What is your guess?"


@pytest.mark.parametrize(
    "said",
    [
        "let's play chess",
        "play some music",
        "play that again",
        "I don't want to play",
        "what games can you play",
        "fifty",
        "is 50 a lucky number",
        "give me a hint",
        "i give up",
        "is it higher than 50",
        "",
    ],
)
def test_without_a_game_nothing_belongs_to_it(said: str) -> None:
    assert answer(guessing, said) is None


def play(*moves: str) -> str:
    """What is said after the last move of a game."""
    return answer(guessing, START, *moves) or ""


def test_the_number_is_found_by_halving_and_every_guess_counts() -> None:
    low, high = 1, HIGHEST
    moves: list[str] = []
    while True:
        guess = (low + high) // 2
        moves.append(f"is it {guess}")
        said = play(*moves)
        if "higher" in said:
            low = guess + 1
        elif "lower" in said:
            high = guess - 1
        else:
            break
    assert said == f"Yes, {guess} is right! You found it with {len(moves)} guesses. Say “play again” for another one."
    assert len(moves) <= 7
    assert answer(guessing, START, *moves, "50") is None


SECRET = int(play("I give up").split("The number was ")[1].split(".")[0])


def test_the_same_game_has_the_same_number_and_another_game_another_one() -> None:
    assert play("I give up") == f"The number was {SECRET}. Say “play again” for another one."
    others = {answer(guessing, *["hello"] * turns, START, "I give up") for turns in range(1, 9)}
    assert len(others) > 4


@pytest.mark.parametrize("form", ["{}", "is it {}?", "I guess {}", "maybe {}", "my guess is {}", "how about {}"])
def test_a_guess_has_many_forms(form: str) -> None:
    low = SECRET - 1
    assert play(form.format(low)) == f"No, it is higher than {low}."
    assert play(form.format(SECRET)).startswith(f"Yes, {SECRET} is right! You found it with 1 guess.")


def test_only_numbers_of_the_game_are_guesses() -> None:
    assert play("250") == play("zero") == "It is a number from 1 to 100. Guess again."
    assert play("250", "how many guesses have i made") == "You have made 0 guesses so far."
    for other in ("what is 17 times 24", "50 60", "two and a half", "tell me a story about 50 cats"):
        assert answer(guessing, START, other) is None


def test_hints_narrow_with_the_guesses() -> None:
    assert play("give me a hint") == "It is between 1 and 100."
    assert play(str(SECRET - 2), str(SECRET + 3), "hint please") == f"It is between {SECRET - 1} and {SECRET + 2}."
    assert play(str(SECRET - 1), str(SECRET + 1), "hint please") == f"Only {SECRET} is left."


def test_comparing_is_not_guessing() -> None:
    assert play(f"is it higher than {SECRET - 1}") == f"Yes, it is higher than {SECRET - 1}."
    assert play(f"is it lower than {SECRET}") == f"No, it is not lower than {SECRET}."
    assert play(f"above {SECRET}") == f"No, it is not above {SECRET}."
    assert play("is it higher than 5", "how many tries have i made") == "You have made 0 guesses so far."
    assert answer(guessing, START, "is it higher than the moon") is None


@pytest.mark.parametrize("said", ["I give up", "tell me the number", "what is it", "i have no idea", "reveal it"])
def test_giving_up_reveals_the_number(said: str) -> None:
    assert f"The number was {SECRET}." in play(said)


@pytest.mark.parametrize("said", ["stop", "I don't want to play anymore", "let's do something else", "quit the game"])
def test_the_game_can_be_left(said: str) -> None:
    assert play(said) == f"Okay. The number was {SECRET}."
    assert answer(guessing, START, said, "50") is None
    assert answer(guessing, START, said, "play again") is not None


def test_the_other_way_round_is_not_known() -> None:
    for said in (play("now you guess my number"), answer(guessing, "guess my number")):
        assert said
        assert said.startswith("I only know it the other way round")
    assert play("now you guess my number", str(SECRET)).startswith("Yes")
