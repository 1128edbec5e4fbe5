"""Whatever was cut off is said again over the next connection, once and in its order."""

from __future__ import annotations

from math import inf

import pytest

from livechat.events import Heard, Input, Output, Received, Reconnected, ToolEnded, ToolFinished, TurnEnded, UserSaid
from livechat.hearing import LOUD, Hearing
from livechat.ledger import Exchange, Ledger, Past
from livechat.openings import Openings
from livechat.protocol.client import ClientMessage, RealtimeInput
from livechat.protocol.generations import family_of
from livechat.protocol.parts import FunctionCall, FunctionResponse
from livechat.protocol.setup import Setup
from livechat.recovery import Recovery
from livechat.tool_calls import ToolCalls, ToolRule
from livechat.turn_taking import EMPTY_S, TurnTaking
from livechat.usage import Usage
from tests.conversation_help import COMPLETE, INTERRUPTED, content, wrote

MODEL = "gemini-3.1-flash-live-preview"


def line(text: str) -> ClientMessage:
    return ClientMessage(realtime_input=RealtimeInput(text=text))


def voice(number: int = 1) -> Heard:
    """Something loud, and each of them different."""
    return Heard((LOUD * 8 + number).to_bytes(2, "little") * 3_200)


class Room:
    """A recovery with real rooms around it, and what it told and sent."""

    def __init__(self, *, begun: bool = True) -> None:
        """begun: there was a connection before the next."""
        self.told: list[Output] = []
        self.sent: list[ClientMessage] = []
        self.typing = False
        self.more = False
        self.ledger = Ledger(Past())
        self.hearing = Hearing()
        self.turns = TurnTaking(self.tell, Usage(), plays=False, interacts=False, answer_s=inf)
        self.answers: list[FunctionResponse] = []
        rules = {"f": ToolRule("allow")}
        self.calls = ToolCalls(self.tell, self.answers.append, rules, self.deliver, elsewhere=True, blocks=False)
        self.openings = Openings(Setup(model=MODEL), family_of(MODEL), self.ledger, reconnects=True, has_past=False)
        if begun:
            self.openings.setup([])
            self.openings.opened([])
        self.recovery = Recovery(
            *(self.turns, self.calls, self.ledger, self.hearing, self.openings),
            tell=self.tell,
            send=self.sent.append,
            line=line,
        )

    def tell(self, output: Output) -> None:
        self.told.append(output)
        self.ledger.told(output)
        if isinstance(output, UserSaid) and not self.typing:
            self.recovery.read(output, more=self.more)

    def deliver(self, words: str) -> None:
        self.recovery.deliver(words)

    def type(self, text: str, now: float = 0.0) -> ClientMessage:
        """What is typed, and goes to the server."""
        message = line(text)
        self.typing = True
        self.turns.typed(text, now)
        self.typing = False
        if self.hearing.unread:
            self.ledger.began_to_speak(self.turns.begun)
        self.hearing.asked()
        if self.hearing.voiced:
            self.hearing.wrote(message, now)
        self.ledger.asked(self.turns.begun, message, text)
        return message

    def hear(self, number: int = 1, now: float = 0.0) -> Heard:
        """What is spoken, and goes to the server; after it there is a silence that parts it from what follows."""
        self.hearing.heard(voice(number), now)
        self.hearing.heard(Heard(bytes(19_200)), now + 0.6)
        return voice(number)

    def comes(self, *came: Received, now: float = 0.0) -> None:
        """From the server."""
        for one in came:
            told = one.message.server_content
            assert told is not None
            if told.interrupted:
                self.turns.interrupted(now)
            silent = self.turns.answering is None
            heard = told.input_transcription
            self.more = heard is not None and not heard.finished
            self.turns.words(told, now)
            self.more = False
            if heard is not None:
                self.hearing.read()
            if silent and self.turns.answering is not None:
                self.hearing.answered()
            self.turns.marks(told, now)

    def loses(self, now: float = 1.0) -> list[Input | ClientMessage]:
        """The connection; gives what is to be sent again, but for silence."""
        kept = self.recovery.take_stock(now)
        return [one for one in kept if not (isinstance(one, Heard) and not any(one.pcm))]

    def opens(self, now: float = 2.0) -> list[ClientMessage]:
        """The next connection, and what is said over it at first."""
        self.sent.clear()
        self.openings.setup(self.recovery.again)
        self.recovery.say_again(now)
        return self.sent

    @property
    def history(self) -> list[Exchange]:
        return self.ledger.history(())


def read(text: str, *, finished: bool = True) -> Received:
    return content(inputTranscription={"text": text, "finished": finished})


# ------------------------------------------------------------------------------------------------ what is put again


def test_a_question_without_an_answer_is_put_again_once() -> None:
    room = Room()
    room.type("one")
    assert room.loses() == []
    assert (room.recovery.again, room.recovery.owes) == ([1], True)
    room.recovery.say_again(2.0)
    assert room.sent == [line("one")]
    room.recovery.say_again(3.0)
    assert room.sent == [line("one")]
    assert not room.recovery.owes
    assert room.turns.silent_since == 2.0, "it is owed an answer from then on"


def test_its_state_shows() -> None:
    room = Room()
    room.type("one")
    room.loses()
    room.recovery.deliver("it is 4")
    assert repr(room.recovery) == "again=1 late=1"


def test_one_whose_answer_was_cut_is_put_again_before_those_that_had_none() -> None:
    room = Room()
    room.type("one")
    room.comes(wrote("1 is"))
    room.type("two")
    assert room.loses() == []
    assert room.recovery.again == [1, 2]
    assert room.opens() == [line("one"), line("two")]
    room.comes(wrote("1 and 2"), COMPLETE, now=3.0)
    assert room.told[-1] == TurnEnded(3, "", "1 and 2", False, 0), "it was to both"
    assert not room.turns.unsure
    assert room.history == [Exchange("one\ntwo", "1 and 2")]


def test_what_an_answer_may_not_have_been_to_is_put_again_alone() -> None:
    room = Room()
    room.type("one")
    room.type("two")
    room.comes(wrote("1"), COMPLETE)
    room.loses()
    assert room.recovery.again == [2]
    assert room.opens()[-1] == line("two")
    assert room.history == [Exchange("one", "1"), Exchange("two", "")]


def test_what_cut_the_answer_to_something_else_is_of_the_turn_that_follows() -> None:
    room = Room()
    messages = [room.type("one"), room.type("two")]
    room.comes(wrote("1 is"), INTERRUPTED, COMPLETE)
    for _ in range(2):
        room.recovery.follow_up()
    assert room.ledger.questions([1, 2]) == [(1, messages[:1]), (2, messages[1:])]


def test_lines_that_are_put_again_together_are_cut_one_by_one_like_any() -> None:
    room = Room()
    room.type("one")
    room.type("two")
    room.loses()
    room.opens()
    room.comes(wrote("1 is"), INTERRUPTED, COMPLETE, now=3.0)
    room.loses(4.0)
    assert room.opens(5.0)[-1] == line("two")


def test_a_new_session_is_told_what_was_said_before_what_is_asked_again_and_of_that_nothing() -> None:
    room = Room()
    room.type("one")
    room.comes(wrote("1"), COMPLETE)
    room.type("two")
    room.loses()
    history, question = room.opens()
    assert history.client_content is not None
    told = [part.text for turn in history.client_content.turns or () for part in turn.parts or ()]
    assert (told, question) == (["one", "1"], line("two"))
    assert room.told[-1] == Reconnected("rebuilt", 1)


def test_the_first_part_of_a_question_comes_last() -> None:
    room = Room()
    room.type("one")
    begun = line("and")
    room.ledger.began_to_ask(begun)
    room.loses()
    assert room.opens() == [line("one"), begun]


def test_what_is_spoken_after_a_question_was_put_again_is_not_what_its_answer_is_to() -> None:
    room = Room()
    room.type("one")
    room.loses()
    room.opens()
    spoken = room.hear(now=3.0)
    room.comes(wrote("1"), now=4.0)
    assert room.loses(5.0) == [spoken]


def test_over_the_first_connection_nothing_is_said_again_and_nothing_is_news() -> None:
    room = Room(begun=False)
    assert room.opens() == []
    assert room.told == []


# ------------------------------------------------------------------------------------------------ what was spoken


def test_what_was_spoken_makes_a_handle_stale_and_what_was_not_does_not() -> None:
    for speaks, handle in ((False, "h"), (True, "")):
        room = Room()
        room.ledger.resumable("h", complete=True)
        if speaks:
            room.hear()
        room.loses()
        assert room.ledger.handle == handle


def test_what_was_spoken_is_sent_again_and_its_words_are_forgotten_until_they_come_again() -> None:
    room = Room()
    spoken = room.hear()
    room.comes(read("one"))
    assert room.loses() == [spoken]
    assert not room.recovery.owes
    assert room.history == []
    room.opens()
    room.comes(read("one"), wrote("1"), COMPLETE, now=3.0)
    assert room.told[-1] == TurnEnded(1, "one", "1", False, 0), "and are told once"


def test_what_was_written_after_it_comes_after_it_again_and_what_was_written_before_it_is_put_first() -> None:
    room = Room()
    room.type("one")
    spoken = room.hear()
    third = room.type("three")
    assert room.loses() == [spoken, third]
    assert room.opens() == [line("one")]
    room.recovery.write_again(third, 3.0)
    assert room.sent == [line("one"), line("three")]


def test_what_is_in_a_turn_of_its_own_comes_after_what_was_spoken_before_that_too() -> None:
    room = Room()
    spoken = room.hear()
    room.comes(read("one"), COMPLETE)
    room.turns.ticked(EMPTY_S)
    second = room.type("two", 2.0)
    assert room.loses(3.0) == [spoken, second]
    assert line("two") not in room.opens()


def test_what_is_written_behind_it_again_keeps_its_place_over_one_more_loss() -> None:
    room = Room()
    first = room.hear()
    second = room.type("two")
    assert room.loses() == [first, second]
    room.opens()
    room.hear(now=3.0)
    room.recovery.write_again(second, 4.0)
    third = room.hear(3, now=5.0)
    assert room.loses(6.0) == [first, second, third]


def test_what_is_written_behind_it_again_is_not_what_an_answer_was_surely_to() -> None:
    room = Room()
    room.hear()
    second = room.type("two")
    room.loses()
    room.opens()
    room.comes(read("one"), now=3.0)
    room.recovery.write_again(second, 3.0)
    room.comes(wrote("1"), COMPLETE, now=4.0)
    assert room.turns.unsure


def test_what_was_spoken_and_not_kept_so_long_is_followed_by_what_was_written_after_it_all_the_same() -> None:
    room = Room()
    room.hear()
    second = room.type("two")
    minutes = [Heard(voice(number).pcm * 10) for number in range(70)]
    for number, one in enumerate(minutes):
        room.hearing.heard(one, 1.0 + 2 * number)
    *sound, last = room.loses(150.0)
    assert (last, len(sound)) == (second, 60)


def test_what_the_model_would_not_answer_is_not_written_again_among_what_is_sent_again() -> None:
    room = Room()
    spoken = room.hear()
    room.type("two")
    room.comes(content(turnComplete=True, turnCompleteReason="PROHIBITED_INPUT_CONTENT"))
    room.turns.ticked(EMPTY_S)
    assert room.loses() == [spoken]
    assert room.opens()[0].client_content is not None


def test_the_sound_of_a_question_that_nobody_read_is_sent_again_where_its_answer_was_cut() -> None:
    room = Room()
    first = room.hear()
    room.comes(wrote("1 is"))
    second = room.hear(2, now=3.0)
    assert room.loses(4.0) == [first, second]
    assert not room.recovery.owes
    assert room.history == [Exchange("", "1 is")]


def test_one_that_was_read_is_put_again_in_its_words_where_its_answer_was_cut() -> None:
    room = Room()
    room.hear()
    room.comes(read("one"), wrote("1 is"))
    assert room.loses() == []
    assert room.opens()[-1] == line("one")


def test_what_was_spoken_before_a_line_and_never_read_is_no_part_of_it_once_its_answer_was_cut() -> None:
    room = Room()
    room.hear()
    room.type("two")
    room.comes(wrote("1 and"))
    assert room.loses() == []
    assert room.opens() == [line("two")]
    assert not room.recovery.owes


def test_what_was_spoken_and_passed_over_is_not_both_told_and_heard_again() -> None:
    room = Room()
    spoken = room.hear()
    room.comes(read("one"), COMPLETE)
    room.turns.ticked(EMPTY_S)
    assert room.history == [Exchange("one", "")]
    assert room.loses() == [spoken]
    assert room.history == []


def test_what_was_loud_and_was_the_model_itself_leaves_nothing_to_be_heard_again() -> None:
    room = Room()
    room.type("one")
    room.comes(wrote("1 is"))
    room.hearing.heard(voice(), 5.0, sounding=True)
    second = room.type("two", 5.2)
    assert room.loses(7.0) == []
    assert room.ledger.questions([2]) == [(2, [second])], "nothing is to be heard before it"
    assert room.opens() == [line("one"), line("two")]


# ------------------------------------------------------------------------------------------------ put in writing


def test_words_stand_for_what_was_spoken_where_its_sound_is_not_kept() -> None:
    room = Room()
    room.comes(read("o", finished=False))
    assert room.ledger.questions([1]) == [(1, ["o"])]
    room.comes(read("ne"))
    assert room.ledger.questions([1]) == [(1, [line("one")])]
    room.loses()
    assert room.opens() == [line("one")]


def test_where_it_is_kept_they_do_not() -> None:
    room = Room()
    room.hear()
    room.comes(read("o", finished=False), read("ne"), read("two"))
    assert room.ledger.questions([1]) == [(1, ["one", "two"])]


def test_what_was_read_of_stale_speech_is_put_again_in_writing() -> None:
    room = Room()
    room.hear()
    room.comes(read("one"), wrote("1"), COMPLETE)
    room.hear(2, now=3.0)
    room.comes(read("two"), now=4.0)
    room.hearing.forget()
    room.recovery.forget_sound()
    assert room.ledger.questions([1, 2]) == [(1, ["one"]), (2, [line("two")])], "the first is answered"
    assert room.loses(5.0) == []
    assert room.opens()[1:] == [line("two")]


def test_so_is_what_waits_for_a_connection() -> None:
    room = Room()
    room.hear()
    room.comes(read("one"), wrote("1 is"))
    room.loses()
    room.recovery.forget_sound()
    assert room.ledger.questions([1]) == [(1, [line("one")])]


def test_what_is_answered_is_left_as_it_was_spoken() -> None:
    room = Room()
    room.hear()
    room.comes(read("one"), wrote("1"), COMPLETE)
    room.recovery.forget_sound()
    assert room.ledger.questions([1]) == [(1, ["one"])]


def test_what_was_passed_over_before_a_sleep_is_history_after_it() -> None:
    room = Room()
    room.hear()
    room.comes(read("one"), COMPLETE)
    room.turns.ticked(EMPTY_S)
    room.hearing.forget()
    room.recovery.forget_sound()
    second = room.hear(2, now=3.0)
    assert room.loses(4.0) == [second]
    assert room.history == [Exchange("one", "")]


# ------------------------------------------------------------------------------------------------ results of tools


def test_a_result_that_nobody_waits_for_is_told_in_words() -> None:
    room = Room()
    room.recovery.deliver("it is 4")
    room.recovery.deliver("it is 5")
    room.recovery.deliver_late(1.0)
    room.recovery.deliver_late(2.0)
    assert room.sent == [line("it is 4\nit is 5")]
    room.recovery.deliver("it is 6")
    assert room.recovery.owes
    room.recovery.deliver_late(3.0)
    assert room.sent[1:] == [line("it is 6")]


def test_one_that_was_told_is_owed_no_more() -> None:
    room = Room()
    room.recovery.deliver("it is 4")
    room.recovery.deliver_late(1.0)
    assert not room.recovery.owes


def test_and_again_where_the_model_has_said_nothing_to_it() -> None:
    room = Room()
    room.recovery.deliver("it is 4")
    room.recovery.deliver_late(1.0)
    assert room.turns.silent_since == 1.0
    room.loses(2.0)
    assert room.opens() == [line("it is 4")]
    room.comes(wrote("4, then"), COMPLETE, now=3.0)
    assert room.history == [Exchange("", "4, then")]


@pytest.mark.parametrize("result", [True, False])
def test_half_an_answer_about_a_result_is_forgotten_where_the_model_will_speak_of_it_again(result: bool) -> None:
    room = Room()
    if result:
        room.calls.called(FunctionCall(id="a", name="f", args={}), 0, 0.0)
        room.calls.finished(ToolFinished("a", {"output": "4"}), 1.0)
    room.comes(wrote("It is"), now=2.0)
    room.loses(3.0)
    assert room.recovery.owes == result
    spoken = [exchange.model for exchange in room.history if exchange.model]
    assert spoken == ([] if result else ["It is"])


def test_a_call_that_a_program_was_to_answer_ends_with_the_connection() -> None:
    room = Room()
    room.calls.called(FunctionCall(id="a", name="theirs", args={}), 1, 1.0)
    room.loses(3.0)
    assert room.told[-1] == ToolEnded(1, "a", "theirs", "cancelled", 2000)


def test_an_answer_whose_question_is_known_is_not_forgotten_with_it() -> None:
    room = Room()
    room.calls.called(FunctionCall(id="a", name="f", args={}), 0, 0.0)
    room.calls.finished(ToolFinished("a", {"output": "4"}), 1.0)
    room.type("one", 2.0)
    room.comes(wrote("It is"), now=3.0)
    room.loses(4.0)
    assert room.recovery.again == [1]
    assert room.ledger.has_question(1)


def test_a_transcript_that_a_line_has_come_into_is_still_one() -> None:
    room = Room()
    room.hear()
    room.comes(read("what", finished=False))
    second = room.type("two")
    room.comes(read(" is it", finished=False), read("?"))
    room.loses()
    assert room.ledger.questions([1]) == [(1, ["", second])], "which will be heard again"
    room = Room()
    room.comes(read("what", finished=False))
    second = room.type("two")
    room.comes(read(" is it", finished=False), read("?"))
    room.loses()
    assert room.opens() == [line("what is it?"), second]


def test_of_a_line_that_was_passed_over_with_something_spoken_that_is_heard_again_only_the_line_is_told() -> None:
    room = Room()
    room.type("one")
    spoken = room.hear(now=0.1)
    room.comes(read("two"), COMPLETE, now=1.0)
    room.turns.ticked(20.0)
    third = room.type("three")
    assert room.loses(21.0) == [spoken, third]
    assert room.history == [Exchange("one", ""), Exchange("three", "")]


def test_a_line_that_was_passed_over_last_is_put_again_behind_what_was_spoken_after_it() -> None:
    room = Room()
    first = room.type("one")
    spoken = room.hear(now=0.1)
    room.comes(COMPLETE, now=1.0)
    room.turns.ticked(20.0)
    assert room.turns.passed_over == [1]
    assert room.loses(21.0) == [spoken]
    assert room.opens() == [first]
