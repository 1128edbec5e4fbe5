"""What the simulation has found in the client's mind, each as the shortest play that showed it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from livechat.closing import Facts
from livechat.conversation import Conversation, Terms
from livechat.events import (
    CloseLink,
    Ended,
    Failed,
    FloorClaimed,
    FloorYielded,
    Heard,
    Input,
    Lost,
    Opened,
    Output,
    Reconnect,
    Reconnected,
    Reconnecting,
    RunTool,
    Send,
    SendSound,
    Slept,
    Ticked,
    ToolFinished,
    TurnEnded,
    Typed,
    UserSaid,
)
from livechat.protocol.client import ClientMessage
from livechat.protocol.setup import GenerationConfig, Setup
from livechat.tool_calls import ToolRule
from tests.conversation_help import COMPLETE, GENERATED, INTERRUPTED, came, content, said, sound, wrote

CUT = Lost(1006, "")
HANDLE = came({"sessionResumptionUpdate": {"newHandle": "h", "resumable": True}})
LOUD, QUIET = b"\x00\x20" * 1_600, bytes(3_200)
"""A tenth of a second of each."""


class Play:
    """A mind that is told one thing after the other; `out` is all that came of it."""

    def __init__(self, model: str = "gemini-3.8-live", *, writes: bool = False) -> None:
        self.now = 0.0
        self.out: list[Output] = []
        self.mind = Conversation(
            Terms(
                Setup(
                    model=f"models/{model}",
                    generation_config=GenerationConfig(response_modalities=["TEXT" if writes else "AUDIO"]),
                ),
                plays=not writes,
                facts=Facts(server="somewhere"),
                tools={"look": ToolRule(permission="allow")},
                tries=8,
            )
        )
        self.tells(Opened(), came({"setupComplete": {}}))

    def tells(self, *happened: Input, after: float = 0.0) -> list[Output]:
        """What comes of these, so much later, with all that is due until then."""
        until, before = self.now + after, len(self.out)
        while (due := self.mind.deadline) is not None and due <= until:
            self.now = max(self.now, due)
            self.out += self.mind.handle(Ticked(), self.now)
        self.now = until
        for one in happened:
            self.out += self.mind.handle(one, self.now)
        return self.out[before:]

    def speaks(self, *, loud: int = 5, quiet: int = 8) -> None:
        for pcm in [LOUD] * loud + [QUIET] * quiet:
            self.tells(Heard(pcm), after=0.1)

    def comes_back(self) -> list[Output]:
        """The connection is cut, and there is another: what comes of that."""
        before = len(self.out)
        self.tells(CUT)
        self.tells(Opened(), came({"setupComplete": {}}), after=0.1)
        return self.out[before:]


def words_sent(outputs: list[Output]) -> list[str]:
    """The user's words in them, as the wire has them, without the setup."""
    return [text for out in outputs if isinstance(out, Send) for text in _texts(out.message)]


def _texts(message: ClientMessage) -> list[str]:
    turns = (message.client_content.turns or []) if message.client_content is not None else []
    texts = [part.text or "" for turn in turns for part in turn.parts or []]
    live = message.realtime_input
    return texts + ([live.text] if live is not None and live.text else [])


def of(outputs: list[Output], *kinds: type[Output]) -> list[Output]:
    return [out for out in outputs if isinstance(out, kinds)]


def call(name: str = "look", **args: object) -> Input:
    calls: list[Mapping[str, Any]] = [{"id": "a", "name": name, "args": args}]
    return came({"toolCall": {"functionCalls": calls}})


# ----------------------------------------------------------------------------------- a connection that is no use


def test_a_second_connection_whose_setup_is_not_answered_is_followed_by_a_third() -> None:
    play = Play()
    play.tells(CUT)
    told = play.tells(Opened()) + play.tells(after=10.0)
    assert not of(told, Failed, Ended, CloseLink)
    assert of(told, Reconnecting)
    assert of(play.tells(after=5.0), Reconnect)


def test_nothing_is_heard_of_a_connection_that_is_given_up() -> None:
    play = Play()
    play.tells(CUT)
    play.tells(Opened())
    play.tells(after=10.0)
    assert play.tells(came({"setupComplete": {}}), wrote("late"), Lost(1011, "")) == []


def test_nor_where_the_next_is_tried_at_once() -> None:
    play = Play()
    play.tells(Typed("one"), said("To"), Slept(60.0))
    assert play.tells(said(" one."), CUT) == []


def test_a_first_connection_whose_setup_is_not_answered_is_the_end() -> None:
    mind = Conversation(Terms(Setup(model="models/gemini-3.8-live"), plays=True, tries=8))
    mind.handle(Opened(), 0.0)
    assert [type(out) for out in mind.handle(Ticked(), 10.0)] == [Failed, CloseLink, Ended]


# ------------------------------------------------------------------------------------------ what was only spoken


def test_what_was_said_aloud_while_the_model_writes_is_sent_again() -> None:
    play = Play("gemini-live-2.5-flash", writes=True)
    play.tells(Typed("story"), wrote("Once "))
    play.speaks()
    again = play.comes_back()
    assert sum(len(out.pcm) for out in again if isinstance(out, SendSound)) >= 5 * len(LOUD)


def test_what_was_said_aloud_while_nothing_sounds_is_sent_again() -> None:
    play = Play()
    play.tells(Typed("look"), said("Let me look."), call())
    play.speaks()
    assert SendSound(LOUD, kept=True) in play.comes_back()


def test_a_spoken_question_that_nobody_wrote_down_is_sent_again_where_its_answer_is_cut() -> None:
    play = Play()
    play.speaks()
    play.tells(sound())
    assert play.comes_back().count(SendSound(LOUD, kept=True)) == 5


def test_what_is_merely_loud_while_the_model_speaks_may_be_its_own_voice() -> None:
    play = Play()
    play.tells(Typed("story"), sound())
    play.speaks(loud=10, quiet=0)
    play.tells(sound())
    play.speaks(loud=10, quiet=8)
    assert SendSound(LOUD, kept=True) not in play.comes_back()


# ---------------------------------------------------------------- results of tools that the model does not wait for


RESULT = ToolFinished("a", {"output": "four"})
TOLD_AGAIN = "[The result of look({}), asked for before the connection was lost] four"


def looking() -> Play:
    """A play in which the model has called a tool and ended its turn, as a model does that does not wait."""
    play = Play()
    play.tells(Typed("look"), said("I look."), call(), GENERATED, COMPLETE)
    return play


def test_a_result_that_the_model_has_not_spoken_of_is_told_over_the_next_connection() -> None:
    play = looking()
    play.tells(RESULT)
    assert words_sent(play.comes_back())[-1:] == [TOLD_AGAIN]


def test_so_is_one_that_came_before_the_turn_of_its_call_was_over() -> None:
    play = Play()
    play.tells(Typed("look"), said("I look."), call(), RESULT, GENERATED, COMPLETE)
    assert words_sent(play.comes_back())[-1:] == [TOLD_AGAIN]


def test_so_is_one_whose_answer_was_cut_and_what_there_was_of_that_is_forgotten() -> None:
    play = looking()
    play.tells(RESULT, said("It is"))
    again = words_sent(play.comes_back())
    assert again[-1:] == [TOLD_AGAIN]
    assert "It is" not in again


def test_one_that_the_model_has_spoken_of_is_history() -> None:
    play = looking()
    play.tells(RESULT, said("It is four."), COMPLETE)
    assert words_sent(play.comes_back()) == ["look\n[The result of look({})] four", "I look.", "It is four."]


def test_of_two_results_each_has_a_turn() -> None:
    play = looking()
    play.tells(came({"toolCall": {"functionCalls": [{"id": "b", "name": "look", "args": {"far": 1}}]}}))
    play.tells(RESULT, ToolFinished("b", {"output": "five"}), said("It is four."), COMPLETE)
    again = words_sent(play.comes_back())
    assert again[-1:] == ['[The result of look({"far": 1}), asked for before the connection was lost] five']


def test_a_handle_stands_for_all_that_was_spoken_of() -> None:
    play = looking()
    play.tells(RESULT, said("It is four."), COMPLETE)
    play.tells(came({"sessionResumptionUpdate": {"newHandle": "h", "resumable": True}}))
    assert words_sent(play.comes_back()) == []


def test_a_result_of_a_call_that_outlives_its_connection_is_told_when_nobody_speaks() -> None:
    play = looking()
    play.comes_back()
    play.tells(Typed("and?"), said("One moment"))
    assert words_sent(play.tells(RESULT)) == []
    assert words_sent(play.tells(COMPLETE)) == [TOLD_AGAIN]


def test_a_result_that_comes_while_there_is_no_connection_is_told_over_the_next() -> None:
    play = looking()
    play.tells(CUT, RESULT)
    assert words_sent(play.tells(Opened(), came({"setupComplete": {}}), after=0.1))[-1:] == [TOLD_AGAIN]


def test_a_result_that_was_not_asked_for_again_is_not_given_to_a_later_call() -> None:
    play = Play("gemini-2.5-flash-native-audio-latest")
    play.tells(Typed("look"), said("I look."), call())
    play.comes_back()
    play.tells(said("I know it anyway."), COMPLETE, RESULT)
    started = play.tells(Typed("look"), call())
    assert of(started, RunTool)


# -------------------------------------------------------------------------------- what was both written and spoken


def heard_as(text: str) -> Input:
    return content(inputTranscription={"text": text, "finished": True})


def test_of_a_question_written_and_then_spoken_both_are_put_again() -> None:
    play = Play("gemini-live-2.5-flash", writes=True)
    play.tells(Typed("one"))
    play.speaks()
    play.tells(heard_as("two"), wrote("To b"))
    assert words_sent(play.comes_back()) == ["one", "two"]


def test_what_was_spoken_last_is_sent_after_what_was_written_before() -> None:
    play = Play("gemini-live-2.5-flash", writes=True)
    play.tells(Typed("one"))
    play.speaks()
    play.tells(heard_as("two"))
    again = play.comes_back()
    assert words_sent(again) == ["one"]
    assert again.index(SendSound(LOUD, kept=True)) > next(
        at for at, out in enumerate(again) if isinstance(out, Send) and words_sent([out])
    )


def test_what_was_written_after_something_spoken_waits_until_that_is_read() -> None:
    play = Play("gemini-live-2.5-flash", writes=True)
    play.speaks()
    play.tells(heard_as("one"), Typed("two"))
    assert words_sent(play.comes_back()) == []
    assert words_sent(play.tells(heard_as("one"))) == ["two"]
    assert words_sent(play.comes_back()) == []


def test_what_was_written_between_two_things_spoken_is_sent_between_them() -> None:
    play = Play("gemini-live-2.5-flash", writes=True)
    play.speaks()
    play.tells(Typed("two"))
    play.speaks(loud=3)
    again = play.comes_back()
    assert again.count(SendSound(LOUD, kept=True)) == 5
    then = play.tells(heard_as("one"))
    assert words_sent(then) == ["two"]
    assert then.count(SendSound(LOUD, kept=True)) == 3
    assert words_sent(play.comes_back()) == []


def test_so_it_is_where_the_user_is_still_speaking() -> None:
    play = Play("gemini-live-2.5-flash", writes=True)
    play.speaks()
    play.tells(heard_as("one"), Typed("two"))
    play.speaks(loud=3, quiet=0)
    again = play.comes_back()
    assert words_sent(again) == []
    assert again.count(SendSound(LOUD, kept=True)) == 5


def test_so_does_what_is_written_while_there_is_no_connection_or_just_after() -> None:
    play = Play()
    play.speaks()
    play.tells(CUT, Typed("two"))
    play.tells(Opened(), came({"setupComplete": {}}), Typed("three"))
    assert words_sent(play.out) == []
    assert words_sent(play.tells(heard_as("one"))) == ["two", "three"]


def test_so_does_what_is_written_right_after_something_spoken_was_sent_again() -> None:
    play = Play()
    play.speaks()
    play.comes_back()
    assert words_sent(play.tells(Typed("two"))) == []
    assert words_sent(play.tells(heard_as("one"))) == ["two"]


def test_the_doublet_of_an_end_is_not_the_end_of_what_follows() -> None:
    play = Play()
    play.tells(Typed("look"), said("I look."), call(), RESULT, GENERATED, COMPLETE, COMPLETE)
    assert words_sent(play.comes_back())[-1:] == [TOLD_AGAIN]


def test_but_not_for_longer_than_reading_takes() -> None:
    play = Play()
    play.speaks()
    play.tells(CUT, Typed("two"))
    play.tells(Opened(), came({"setupComplete": {}}))
    assert words_sent(play.tells(after=2.9)) == []
    assert words_sent(play.tells(after=0.2)) == ["two"]


def test_words_that_are_heard_again_are_told_once() -> None:
    play = Play("gemini-live-2.5-flash", writes=True)
    play.tells(Typed("one"))
    play.speaks()
    play.tells(heard_as("two"))
    play.comes_back()
    told = of(play.tells(heard_as("two")), UserSaid)
    assert [said.whole for said in told if isinstance(said, UserSaid)] == ["one\ntwo"]


def test_what_was_spoken_and_not_read_when_something_was_written_is_sent_before_it() -> None:
    play = Play("gemini-live-2.5-flash", writes=True)
    play.speaks()
    play.tells(Typed("two"))
    assert words_sent(play.comes_back()) == []
    assert words_sent(play.tells(heard_as("one"))) == ["two"]


def test_what_was_said_into_an_answer_that_is_cut_is_put_again_after_its_question_whatever_is_cut_then() -> None:
    play = Play("gemini-live-2.5-flash", writes=True)
    play.tells(Typed("one"), wrote("To one: "), Typed("two"))
    assert words_sent(play.comes_back()) == ["one", "two"]
    assert words_sent(play.comes_back()) == ["one", "two"]
    play.tells(wrote("To b"))
    assert words_sent(play.comes_back()) == ["one", "two"]


def test_a_new_session_is_told_what_was_spoken_before_what_was_written_though_it_was_read_later() -> None:
    play = Play("gemini-live-2.5-flash", writes=True)
    play.speaks()
    play.tells(Typed("two"), heard_as("one"), wrote("To both."), GENERATED, COMPLETE)
    assert words_sent(play.comes_back()) == ["one\ntwo", "To both."]


def test_questions_that_are_put_again_together_wait_for_one_answer() -> None:
    play = Play("gemini-live-2.5-flash", writes=True)
    play.tells(Typed("one"), wrote("To one: "), Typed("two"))
    play.comes_back()
    play.tells(wrote("To one and two."), GENERATED, COMPLETE)
    assert play.mind.deadline is None
    assert words_sent(play.comes_back()) == ["one\ntwo", "To one and two."]


# ------------------------------------------------------------------------------------ what a session is refused for


def answered_once() -> Play:
    play = Play()
    play.tells(Typed("one"), said("To one."), COMPLETE)
    return play


def test_a_refused_key_is_the_end_also_right_after_a_new_session_was_told_of_the_past() -> None:
    play = answered_once()
    play.comes_back()
    assert of(play.tells(Lost(1008, "API key not valid. Please pass a valid API key.")), Failed)


def test_a_server_that_fails_when_it_is_told_of_the_past_is_told_once_more() -> None:
    play = answered_once()
    play.comes_back()
    play.tells(Lost(1011, "Internal error encountered."))
    assert words_sent(play.tells(Opened(), came({"setupComplete": {}}))) == ["one", "To one."]
    play.tells(Lost(1011, "Internal error encountered."))
    told = play.tells(Opened(), came({"setupComplete": {}}), after=5.0)
    assert words_sent(told) == []
    assert Reconnected("lost", 1) in told


def test_a_line_that_cut_the_answer_to_the_line_before_it_is_put_again_alone() -> None:
    play = Play("gemini-live-2.5-flash", writes=True)
    play.tells(Typed("one"), Typed("two"), wrote("To one: "), INTERRUPTED, COMPLETE)
    assert words_sent(play.comes_back()) == ["one", "To one: ", "two"]


def test_so_is_one_after_that() -> None:
    play = Play("gemini-live-2.5-flash", writes=True)
    play.tells(Typed("one"), Typed("two"), wrote("To one: "), INTERRUPTED, COMPLETE)
    play.tells(Typed("three"), wrote("To two: "), INTERRUPTED, COMPLETE, wrote("To th"))
    assert words_sent(play.comes_back()) == ["one", "To one: ", "two", "To two: ", "three"]


def test_of_many_lines_those_are_put_again_whose_answer_was_not_begun() -> None:
    play = Play("gemini-live-2.5-flash", writes=True)
    play.tells(Typed("one"), Typed("two"), Typed("three"), wrote("To one: "), INTERRUPTED, COMPLETE)
    play.tells(wrote("To two: "), INTERRUPTED, COMPLETE, wrote("To th"))
    assert words_sent(play.comes_back()) == ["one", "To one: ", "two", "To two: ", "three"]


def test_a_line_that_crossed_the_answer_to_the_one_before_it_is_put_again_alone() -> None:
    play = Play("gemini-live-2.5-flash", writes=True)
    play.tells(Typed("one"), Typed("two"), wrote("To one."), GENERATED, COMPLETE, HANDLE)
    assert words_sent(play.comes_back()) == ["one", "To one.", "two"]
    play.tells(wrote("To t"))
    assert words_sent(play.comes_back()) == ["one", "To one.", "two"]


def test_and_also_where_its_answer_has_begun() -> None:
    play = Play("gemini-live-2.5-flash", writes=True)
    play.tells(Typed("one"), Typed("two"), wrote("To one."), GENERATED, COMPLETE, wrote("To t"))
    assert words_sent(play.comes_back()) == ["one", "To one.", "two"]


def test_but_not_where_the_server_had_taken_it_in_before_it_answered() -> None:
    play = Play("gemini-live-2.5-flash", writes=True)
    play.tells(Typed("one"), Typed("two"), INTERRUPTED, COMPLETE, wrote("To both."), GENERATED, COMPLETE, HANDLE)
    assert words_sent(play.comes_back()) == []


def test_and_it_is_owed_an_answer() -> None:
    play = Play("gemini-live-2.5-flash", writes=True)
    play.tells(Typed("one"), Typed("two"), wrote("To one: "), INTERRUPTED, COMPLETE)
    assert of(play.tells(after=21.0), Reconnecting)


def test_a_line_that_the_answer_was_to_is_not_put_again_where_a_voice_cuts_that() -> None:
    play = Play("gemini-live-2.5-flash", writes=True)
    play.tells(Typed("one"), wrote("To one: "), INTERRUPTED, COMPLETE)
    assert words_sent(play.comes_back()) == ["one", "To one: "]


# ------------------------------------------------------------------------------------------------ what is in doubt


def test_a_handle_that_comes_late_does_not_stand_for_what_was_spoken_since() -> None:
    play = Play("gemini-live-2.5-flash", writes=True)
    play.tells(Typed("one"), wrote("To one."), GENERATED, COMPLETE)
    play.speaks()
    play.tells(HANDLE)
    again = play.comes_back()
    assert sum(len(out.pcm) for out in again if isinstance(out, SendSound)) >= 5 * len(LOUD)
    assert words_sent(again) == ["one", "To one."]


def test_what_was_spoken_while_an_end_was_on_its_way_is_not_its_answers_echo() -> None:
    play = Play("gemini-live-2.5-flash", writes=True)
    play.tells(Typed("one"), wrote("To one."), GENERATED)
    play.speaks(quiet=12)
    play.tells(COMPLETE)
    assert SendSound(LOUD, kept=True) in play.comes_back()


def test_a_model_that_never_speaks_of_a_result_is_asked_over_another_connection() -> None:
    play = looking()
    play.tells(RESULT)
    assert of(play.tells(after=21.0), Reconnect)
    assert words_sent(play.tells(Opened(), came({"setupComplete": {}})))[-1:] == [TOLD_AGAIN]


def test_a_late_result_does_not_interrupt_the_answer_to_another() -> None:
    play = looking()
    play.comes_back()
    play.tells(Typed("and?"), said("I look."), call(far=1), GENERATED)
    play.tells(ToolFinished("a", {"output": "five"}), COMPLETE)
    assert words_sent(play.tells(said("It is five."))) == []


def test_a_question_that_was_ended_without_a_word_before_the_connection_was_lost_is_put_again() -> None:
    play = Play()
    play.tells(Typed("one"), COMPLETE)
    assert of(play.tells(after=10.0), TurnEnded)
    assert words_sent(play.comes_back()) == ["one"]


def test_but_not_where_the_server_has_shown_that_it_meant_that() -> None:
    play = Play()
    play.tells(Typed("one"), COMPLETE)
    play.tells(after=10.0)
    play.tells(HANDLE)
    assert words_sent(play.comes_back()) == []


# ------------------------------------------------------------------------------------------ who marks their activity


def test_words_spoken_right_after_an_answer_without_a_question_are_those_of_the_next() -> None:
    play = looking()
    play.tells(RESULT, said("It is four."), COMPLETE)
    told = of(play.tells(FloorClaimed(), Heard(LOUD), FloorYielded(), heard_as("three"), after=0.2), UserSaid)
    assert [said.turn for said in told if isinstance(said, UserSaid)] == [3]


def test_of_what_was_said_before_the_machine_slept_no_mark_is_left_either() -> None:
    play = Play()
    play.tells(CUT, FloorClaimed(), Heard(LOUD), FloorYielded(), Typed("two"), FloorClaimed(), Heard(LOUD))
    play.tells(Slept(60.0))
    sent = [out.message for out in play.tells(Opened(), came({"setupComplete": {}})) if isinstance(out, Send)]
    assert [message.realtime_input is not None for message in sent[1:]] == [False, True]


def test_a_late_result_does_not_interrupt_the_answer_to_a_line_that_crossed_another_either() -> None:
    play = looking()
    play.comes_back()
    play.tells(Typed("one"), Typed("two"), said("To one."), GENERATED, COMPLETE)
    assert words_sent(play.tells(RESULT)) == []
    assert words_sent(play.tells(said("To two."), GENERATED, COMPLETE)) == [TOLD_AGAIN]


# -------------------------------------------------------------------------------------- what an answer is not to


def test_what_is_spoken_while_the_answer_to_words_that_were_read_is_on_its_way_is_sent_again() -> None:
    play = Play("gemini-live-2.5-flash", writes=True)
    play.speaks()
    play.tells(heard_as("one"))
    play.speaks(loud=3, quiet=0)
    play.tells(wrote("To one."), INTERRUPTED, COMPLETE, HANDLE)
    assert play.comes_back().count(SendSound(LOUD, kept=True)) == 3


def test_so_is_what_is_spoken_while_the_answer_to_a_line_is() -> None:
    play = Play("gemini-live-2.5-flash", writes=True)
    play.tells(Typed("one"))
    play.comes_back()
    play.speaks(loud=3, quiet=0)
    play.tells(wrote("To one."), INTERRUPTED, COMPLETE, HANDLE)
    assert play.comes_back().count(SendSound(LOUD, kept=True)) == 3


# ------------------------------------------------------------------------------------ what waits for what was spoken


def test_a_line_that_was_sent_before_what_was_spoken_was_read_keeps_its_place() -> None:
    play = Play()
    play.speaks()
    play.tells(CUT, Typed("two"))
    play.tells(Opened(), came({"setupComplete": {}}))
    assert words_sent(play.tells(after=3.1)) == ["two"]
    assert words_sent(play.comes_back()) == []
    assert words_sent(play.tells(heard_as("one"))) == ["two"]


def test_of_two_things_spoken_before_a_line_both_are_before_it_after_they_were_heard_again() -> None:
    play = Play("gemini-live-2.5-flash", writes=True)
    play.speaks()
    play.tells(heard_as("one"))
    play.speaks()
    play.tells(heard_as("two"), Typed("three"))
    play.speaks()
    play.comes_back()
    play.tells(heard_as("one"), heard_as("two"), heard_as("four"), wrote("To"))
    assert words_sent(play.comes_back()) == ["one", "two", "three", "four"]


def test_what_is_spoken_while_a_line_waits_does_not_overtake_it() -> None:
    play = Play()
    play.tells(FloorClaimed(), Heard(LOUD), FloorYielded())
    play.tells(CUT, Typed("two"))
    play.tells(Opened(), came({"setupComplete": {}}))
    waits = play.tells(FloorClaimed(), Heard(LOUD), after=0.1)
    assert not of(waits, Send)
    assert SendSound(LOUD) not in waits
    sent = play.tells(heard_as("one"))
    assert words_sent(sent) == ["two"]
    assert sent[-1] == SendSound(LOUD, kept=True)


def test_but_the_silence_that_ends_what_was_spoken_does_not_wait() -> None:
    play = Play()
    play.speaks(quiet=0)
    play.tells(CUT, Typed("two"))
    play.tells(Opened(), came({"setupComplete": {}}))
    assert of(play.tells(Heard(QUIET), after=0.1), SendSound)


def test_nor_does_what_is_spoken_without_marks_and_the_server_hears_silence_meanwhile() -> None:
    play = Play()
    play.speaks()
    play.tells(CUT, Typed("two"))
    play.tells(Opened(), came({"setupComplete": {}}))
    sent = play.tells(Heard(LOUD), Heard(LOUD), after=0.1)
    assert sent == [SendSound(QUIET), SendSound(QUIET)]
    sent = play.tells(heard_as("one"))
    assert words_sent(sent) == ["two"]
    assert sent[-1] == SendSound(LOUD, kept=True)


def test_what_was_written_between_two_things_spoken_is_sent_between_them_also_the_third_time() -> None:
    play = Play("gemini-live-2.5-flash", writes=True)
    play.speaks()
    play.tells(heard_as("one"), Typed("two"))
    play.speaks()
    play.comes_back()
    play.tells(heard_as("one"))
    assert play.comes_back().count(SendSound(LOUD, kept=True)) == 5
    assert play.tells(heard_as("one")).count(SendSound(LOUD, kept=True)) == 5


def test_of_a_floor_that_was_given_up_while_there_was_no_connection_nothing_is_left_after_a_sleep() -> None:
    play = Play()
    play.tells(FloorClaimed(), Heard(LOUD), CUT, Heard(LOUD), FloorYielded(), Slept(60.0))
    play.tells(Opened(), came({"setupComplete": {}}), CUT)
    sent = [out.message for out in play.tells(Opened(), came({"setupComplete": {}})) if isinstance(out, Send)]
    assert [message.realtime_input for message in sent] == [None]


def test_what_was_heard_and_passed_over_is_not_both_told_and_heard_again() -> None:
    play = Play()
    play.speaks()
    play.tells(heard_as("one"), COMPLETE)
    play.tells(Typed("two"), after=9.0)
    assert words_sent(play.comes_back()) == []
    assert words_sent(play.tells(heard_as("one"))) == ["two"]


# --------------------------------------------------------------------------------------------------- planned moves


def test_planned_moves_do_not_use_up_the_tries() -> None:
    play = Play()
    for _ in range(7):
        play.tells(came({"goAway": {"timeLeft": "5s"}}), after=0.5)
        play.tells(Opened(), came({"setupComplete": {}}))
    told = of(play.tells(CUT), Reconnecting)
    assert told == [Reconnecting("the connection to somewhere was lost", 1, 8, 0.0, 0.0)]
