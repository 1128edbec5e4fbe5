"""The tests that only `make soak` runs: variants of others that stay, each of which would cost everybody seconds."""

from __future__ import annotations

import os

SOAK = bool(os.environ.get("LIVECHAT_SOAK"))
EXAMPLES = 100 if SOAK else 40
"""What hypothesis tries of each test that does not say."""

_WINDOWS = "test_in_windows_of_any_size_there_is_a_state_and_afterwards_every_line_once"
_TOLD = "test_a_program_is_told_of_the_call_and_its_result_whether_the_model_waits_or_not"
_LINES = "test_on_lines_that_fail_it_does_better_than_a_fixed_deadline_of_the_same_median_delay"
LONG = frozenset(
    {
        # the other faces of a demo, a recording and a paper: one of each stays, and test_terminal_* has them all
        "test_commands_demo.py::test_read_aloud_the_states_are_told_and_nothing_moves",
        "test_commands_demo.py::test_in_plain_lines_neither",
        "test_commands_send_audio.py::test_read_aloud_the_states_are_told_and_nothing_moves",
        "test_commands_papers.py::test_read_aloud_a_line_is_whole_and_the_states_are_told_and_nothing_moves",
        # the same with other words, another window, another signal
        "test_end_to_end.py::test_another_question_to_the_demo_gets_another_answer",
        f"test_faces_tmux.py::{_WINDOWS}[a conversation]",
        "test_faces_tmux.py::test_a_window_that_changes_its_size_while_it_speaks_has_no_ghosts[a conversation]",
        "test_given_back.py::test_also_where_the_server_is_within[SIGTERM]",
        "test_given_back.py::test_also_where_the_server_is_within[a closed window]",
        "test_pipes.py::test_nor_where_it_speaks[demo --question question.wav-env2]",
        "test_pipes.py::test_nor_where_it_speaks[send-audio --local question.wav-env0]",
        "test_terminal_tmux.py::test_after_fifty_changes_of_size_each_line_is_there_once_and_no_ghost[1]",
        "test_terminal_tmux.py::test_after_fifty_changes_of_size_each_line_is_there_once_and_no_ghost[2]",
        "test_commands_pictures.py::test_a_film_that_is_over_ends_no_call",
        "test_library_audio_conversation.py::test_a_question_that_was_spoken_is_answered_aloud_with_the_help_of_a_function",
        # the checkers, which test_library_types has read a longer program, and `make check` every file of ours
        "test_library_types.py::test_the_types_of_all_that_can_be_imported_are_complete",
        "test_readme.py::test_the_examples_please_the_linter_and_the_type_checkers",
        "test_tools_functions.py::test_type_checkers_know_a_marked_function_as_it_was",
        # the sentences of others, spoken
        "test_readme.py::test_audio_to_text_needs_no_server_of_its_own",
        "test_readme.py::test_text_and_audio_are_both_taken_and_both_answered_aloud",
        # a tool's call again: spoken, by other models, two at once (which test_library_own_tools has too)
        "test_tools_end_to_end.py::test_and_it_is_spoken",
        f"test_tools_end_to_end.py::{_TOLD}[gemini-live-2.5-flash]",
        f"test_tools_end_to_end.py::{_TOLD}[gemini-2.5-flash-native-audio-latest]",
        "test_tools_end_to_end.py::test_a_recording_is_answered_with_what_a_tool_gave[True]",
        "test_tools_end_to_end.py::test_its_two_calls_at_once_are_both_answered",
        "test_back_pressure.py::test_a_quarter_of_an_hour_on_a_slow_link_piles_nothing_up",
        # a million frames of atheris's
        "test_fuzz.py::test_atheris_finds_no_frame_that_the_decoder_cannot_take_or_refuse",
        # the same music, echoes, lines and clocks with other numbers
        "test_audio_echo.py::test_a_card_that_ran_dry_makes_nobody_interrupt_and_cuts_nobody_off[103]",
        "test_audio_echo.py::test_the_server_hears_whoever_interrupts_and_not_the_model[seed 108]",
        f"test_audio_jitter.py::{_LINES}[Wi-Fi 2x-100]",
        "test_audio_reference.py::test_a_card_whose_clock_drifts_is_followed_without_a_click[0.9999]",
        "test_audio_timeline.py::test_an_hour_of_a_drifting_clock_is_never_off_by_more_than_is_borne[100]",
        "test_server_music_synth.py::test_a_bar_lasts_four_beats_to_the_sample[60]",
        "test_server_music_synth.py::test_a_bar_lasts_four_beats_to_the_sample[133]",
        "test_server_music_synth.py::test_the_tempo_that_is_heard_is_the_one_asked_for[techno-97]",
        "test_server_music_synth.py::test_the_tempo_that_is_heard_is_the_one_asked_for[jazz-133]",
        "test_server_music_synth.py::test_a_muted_bass_is_not_heard[jazz]",
        "test_server_music_synth.py::test_a_muted_bass_is_not_heard[rock]",
        "test_server_music_synth.py::test_density_is_heard_as_onsets[rock]",
        "test_server_music_synth.py::test_density_is_heard_as_onsets[techno]",
        "test_server_music_synth.py::test_muted_drums_do_not_hiss[jazz]",
        "test_server_music_synth.py::test_muted_drums_do_not_hiss[rock]",
        # waits for three tries of a connection
        "test_mistakes.py::test_a_mistake_is_answered_as_it_is_written_down[no network]",
    }
)


def is_long(node: str) -> bool:
    """Whether a test, by its id, is for `make soak` alone."""
    return node.rpartition("tests/")[2] in LONG
