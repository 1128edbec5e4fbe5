"""Every token once: whichever way a server counts, the account is what was used."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livechat.events import UsageCounted
from livechat.protocol.server import UsageMetadata
from livechat.usage import AUDIO_TOKENS_PER_S, TEXT_BYTES_PER_TOKEN, Usage


def report(prompt: int = 0, response: int = 0, **more: object) -> UsageMetadata:
    return UsageMetadata.model_validate({"promptTokenCount": prompt, "responseTokenCount": response, **more})


def details(**counts: int) -> list[dict[str, object]]:
    return [{"modality": modality, "tokenCount": count} for modality, count in counts.items()]


def text_of(tokens: int) -> str:
    return "x" * (tokens * TEXT_BYTES_PER_TOKEN)


def counted(told: UsageCounted) -> tuple[int, int]:
    assert told.total == sum(told.prompt.values()) + sum(told.response.values()) + told.thoughts
    return sum(told.prompt.values()), sum(told.response.values())


class Account:
    """An account that is told turns and reports in short."""

    def __init__(self) -> None:
        self.usage = Usage()
        self.latest = (0, 0)

    def says(self, turn: int, tokens: int = 1) -> Account:
        self.usage.said(turn, text_of(tokens))
        return self

    def reports(self, prompt: int, response: int) -> Account:
        self.latest = counted(self.usage.count(report(prompt, response)))
        return self


# ---------------------------------------------------------------------------------------- within a turn


def test_a_report_that_grows_replaces_the_one_before() -> None:
    account = Account().says(1).reports(5, 3).says(1).reports(5, 10).says(1).reports(5, 12)
    assert account.latest == (5, 12)


def test_a_report_that_shrinks_anywhere_is_what_is_new() -> None:
    account = Account().says(1).reports(5, 3).says(1).reports(0, 10).says(1).reports(0, 2)
    assert account.latest == (5, 15)


def test_equal_news_is_added_when_something_was_said_in_between() -> None:
    account = Account().says(1).reports(5, 6).says(1).reports(0, 6).says(1).reports(0, 6)
    assert account.latest == (5, 18)


def test_the_same_report_twice_in_a_row_counts_once() -> None:
    account = Account().says(1).reports(5, 3).says(1).reports(0, 4).reports(0, 4)
    assert account.latest == (5, 7)


def test_thoughts_are_counted_apart_and_added_alike() -> None:
    usage = Usage()
    usage.said(1, "x")
    usage.count(report(5, 3, thoughtsTokenCount=7))
    told = usage.count(report(5, 4, thoughtsTokenCount=9))
    assert told == UsageCounted({"text": 5}, {"text": 4}, 9, 18)


def test_thoughts_before_the_first_word_do_not_begin_another_turn() -> None:
    usage = Usage()
    usage.said(1)
    usage.count(report(5, 0, thoughtsTokenCount=7))
    assert usage.count(report(5, 4, thoughtsTokenCount=7)) == UsageCounted({"text": 5}, {"text": 4}, 7, 16)


# ---------------------------------------------------------------------------------------- across turns


def test_turns_add_up() -> None:
    account = Account().says(1, 3).reports(5, 3).says(2, 4).reports(6, 4).says(3, 2).reports(2, 2)
    assert account.latest == (13, 9)


def test_two_turns_that_cost_the_same_count_twice() -> None:
    assert Account().says(1, 3).reports(5, 3).says(2, 3).reports(5, 3).latest == (10, 6)


def test_the_doublet_of_a_turns_last_report_counts_once_though_the_turn_is_over() -> None:
    account = Account().says(1, 3).reports(5, 3).reports(5, 3)
    assert account.latest == (5, 3)
    assert account.says(2, 4).reports(6, 4).latest == (11, 7)


def test_a_report_that_comes_after_its_turn_belongs_to_it() -> None:
    account = Account().says(1, 3).reports(5, 1).reports(5, 3)
    assert account.says(2, 4).reports(6, 4).latest == (11, 7)


def test_the_next_prompt_counted_before_its_answer_is_not_counted_with_it_again() -> None:
    account = Account().reports(5, 0).says(1, 3).reports(5, 3)
    assert account.latest == (5, 3)
    assert account.reports(9, 0).latest == (14, 3)
    assert account.says(2, 4).reports(9, 4).latest == (14, 7)


def test_a_server_that_counts_the_session_is_known_at_its_second_turn() -> None:
    account = Account().says(1, 100).reports(10, 100)
    assert account.says(2, 50).reports(30, 150).latest == (30, 150)
    assert account.says(3, 200).reports(60, 350).latest == (60, 350)


def test_a_short_answer_does_not_make_a_server_forget_that_it_counts_the_session() -> None:
    account = Account().says(1, 100).reports(10, 100).says(2, 100).reports(20, 200)
    assert account.says(3, 1).reports(30, 200).latest == (30, 200)
    assert account.says(4, 100).reports(40, 300).latest == (40, 300)


def test_turns_that_grow_are_not_taken_for_a_count_of_the_session() -> None:
    account = Account().says(1, 10).reports(10, 10).says(2, 100).reports(20, 100).says(3, 300).reports(40, 300)
    assert account.latest == (70, 410)


def test_in_doubt_a_server_counts_the_turn() -> None:
    assert Account().says(1, 10).reports(5, 10).says(2, 24).reports(6, 30).latest == (11, 40)


def test_an_answer_that_cost_what_the_one_before_did_is_no_count_of_the_session() -> None:
    assert Account().says(1, 30).reports(5, 100).says(2, 30).reports(6, 100).latest == (11, 200)


def test_sound_is_expected_at_its_own_rate() -> None:
    usage = Usage()
    usage.said(1, sound_s=4)
    usage.count(report(1, 4 * AUDIO_TOKENS_PER_S))
    usage.said(2, sound_s=4)
    assert counted(usage.count(report(2, 8 * AUDIO_TOKENS_PER_S))) == (2, 8 * AUDIO_TOKENS_PER_S)


def test_a_script_of_three_bytes_a_character_is_not_taken_for_few_tokens() -> None:
    usage = Usage()
    usage.said(1, "日" * 100)
    usage.count(report(10, 100))
    usage.said(2, "本" * 100)
    assert counted(usage.count(report(20, 100))) == (30, 200)


def test_words_that_are_no_unicode_are_words_all_the_same() -> None:
    Usage().said(1, "\ud800")


# -------------------------------------------------------------------------------------------- spellings


def test_tokens_are_told_by_modality() -> None:
    usage = report(15, 6, promptTokensDetails=details(TEXT=5, AUDIO=10), responseTokensDetails=details(AUDIO=6))
    assert Usage().count(usage) == UsageCounted({"text": 5, "audio": 10}, {"audio": 6}, 0, 21)


def test_vertex_spells_it_differently_and_counts_the_same() -> None:
    fields = {"promptTokenCount": 5, "candidatesTokenCount": 6, "candidatesTokensDetails": details(AUDIO=6)}
    told = Usage().count(UsageMetadata.model_validate({**fields, "trafficType": "ON_DEMAND"}))
    assert told == UsageCounted({"text": 5}, {"audio": 6}, 0, 11)


def test_tokens_without_details_are_text() -> None:
    assert Usage().count(report(5, 3)) == UsageCounted({"text": 5}, {"text": 3}, 0, 8)


def test_what_the_details_leave_out_is_other() -> None:
    told = Usage().count(report(7, 0, promptTokensDetails=details(AUDIO=5)))
    assert told.prompt == {"audio": 5, "other": 2}


def test_details_that_say_more_than_the_sum_are_believed() -> None:
    assert Usage().count(report(1, 0, promptTokensDetails=details(AUDIO=5))).prompt == {"audio": 5}


def test_details_without_a_modality_are_unspecified() -> None:
    usage = UsageMetadata.model_validate({"promptTokensDetails": [{"tokenCount": 2}, {"modality": "TEXT"}]})
    assert Usage().count(usage).prompt["unspecified"] == 2


def test_details_that_come_only_at_the_end_replace_what_had_none() -> None:
    usage = Usage()
    usage.said(1, sound_s=1)
    usage.count(report(5, 10))
    told = usage.count(report(5, 25, responseTokensDetails=details(AUDIO=25)))
    assert told == UsageCounted({"text": 5}, {"audio": 25}, 0, 30)


def test_an_empty_report_counts_nothing() -> None:
    assert Usage().count(UsageMetadata()) == UsageCounted({}, {}, 0, 0)


# --------------------------------------------------------------------------- any server, any conversation


@dataclass(frozen=True)
class Spent:
    prompt: int
    pieces: tuple[int, ...]
    """Tokens of the answer, piece by piece."""
    doubled: bool


TURNS = st.lists(
    st.builds(
        Spent, st.integers(1, 500), st.lists(st.integers(1, 200), min_size=1, max_size=5).map(tuple), st.booleans()
    ),
    min_size=1,
    max_size=8,
)


@pytest.mark.parametrize("way", ["the turn so far", "what is new", "the session so far"])
@given(turns=TURNS)
def test_whichever_way_a_server_counts_nothing_is_lost_or_counted_twice(way: str, turns: list[Spent]) -> None:
    account = Account()
    prompts = answers = 0
    for number, turn in enumerate(turns, 1):
        so_far = 0
        for place, tokens in enumerate(turn.pieces):
            account.says(number, tokens)
            so_far += tokens
            match way:
                case "the turn so far":
                    told = (turn.prompt, so_far)
                case "what is new":
                    told = (0 if place else turn.prompt, tokens)
                case _:
                    told = (prompts + turn.prompt, answers + so_far)
            account.reports(*told)
            assert account.latest == (prompts + turn.prompt, answers + so_far)
            if turn.doubled:
                account.reports(*told)
        prompts, answers = prompts + turn.prompt, answers + so_far
        assert account.latest == (prompts, answers)
