"""Claims about the line editor: every key, against a list of letters with a cursor in it, and what is shown of it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livechat.terminal.cells import width
from livechat.terminal.decoder import Key
from livechat.terminal.editor import Edited, Editor, Outcome, Submitted, Unused, Visible
from livechat.terminal.safe import Safe

NAMED = {" ": Key("space", " ")}


def written(text: str) -> list[Key]:
    """The keys that write it, a code point each."""
    return [NAMED.get(character, Key("char", character)) for character in text]


def pressed(editor: Editor, *names: str) -> list[Outcome]:
    return [editor.press(Key(name)) for name in names]


def holding(text: str, cursor: int | None = None) -> Editor:
    """An editor with that text, and the cursor after so many graphemes."""
    editor = Editor()
    editor.press(Key("paste", text))
    if cursor is not None:
        pressed(editor, "home", *["right"] * cursor)
    return editor


def state(editor: Editor) -> tuple[str, int]:
    return editor.text, editor.cursor


@pytest.mark.parametrize(
    ("names", "text", "cursor"),
    [
        (["left"], "one two", 2),
        (["ctrl-b", "ctrl-b"], "one two", 1),
        (["left"] * 5, "one two", 0),
        (["right"], "one two", 4),
        (["ctrl-f"], "one two", 4),
        (["right"] * 9, "one two", 7),
        (["home"], "one two", 0),
        (["ctrl-a"], "one two", 0),
        (["end"], "one two", 7),
        (["ctrl-e"], "one two", 7),
        (["alt-b"], "one two", 0),
        (["end", "ctrl-left"], "one two", 4),
        (["alt-f"], "one two", 7),
        (["home", "ctrl-right"], "one two", 3),
        (["alt-f", "alt-left", "alt-right"], "one two", 7),
        (["backspace"], "on two", 2),
        (["home", "backspace"], "one two", 0),
        (["delete"], "onetwo", 3),
        (["ctrl-d"], "onetwo", 3),
        (["end", "delete"], "one two", 7),
        (["ctrl-k"], "one", 3),
        (["ctrl-u"], " two", 0),
        (["ctrl-w"], " two", 0),
        (["right", "ctrl-w"], "two", 0),
        (["end", "alt-backspace"], "one ", 4),
        (["end", "ctrl-backspace", "ctrl-backspace"], "", 0),
        (["alt-enter"], "one\n two", 4),
        (["shift-enter", "left", "backspace"], "on\n two", 2),
    ],
)
def test_every_key_does_its_work(names: list[str], text: str, cursor: int) -> None:
    editor = holding("one two", 3)
    assert pressed(editor, *names) == [Edited()] * len(names)
    assert state(editor) == (text, cursor)


@pytest.mark.parametrize("key", [Key("esc"), Key("ctrl-l"), Key("f1"), Key("tab"), Key("char", "a", released=True)])
def test_a_key_that_means_nothing_here_is_left_to_others(key: Key) -> None:
    editor = holding("one")
    assert editor.press(key) == Unused()
    assert state(editor) == ("one", 3)


def test_ctrl_d_deletes_or_means_the_end() -> None:
    editor = Editor()
    assert pressed(editor, "ctrl-d") == [Unused()]
    editor = holding("a", 0)
    assert pressed(editor, "ctrl-d", "ctrl-d") == [Edited(), Unused()]


def test_a_key_that_is_held_repeats() -> None:
    editor = holding("abc")
    assert editor.press(Key("backspace", repeated=True)) == Edited()
    assert editor.text == "ab"


def test_a_letter_of_several_code_points_is_passed_and_deleted_as_one() -> None:
    editor = Editor()
    for key in written("ae\u0301👨\u200d👩\u200d👧"):
        editor.press(key)
    assert state(editor) == ("ae\u0301👨\u200d👩\u200d👧", 3)
    pressed(editor, "backspace")
    assert state(editor) == ("ae\u0301", 2)
    pressed(editor, "left", "left", "delete")
    assert state(editor) == ("e\u0301", 0)


def test_what_comes_to_stand_beside_each_other_may_become_one() -> None:
    editor = holding("e", 0)
    editor.press(Key("paste", "x\u0301"))
    assert state(editor) == ("x\u0301e", 1)
    editor = holding("e\nx", 2)
    editor.press(Key("char", "\u0301"))
    assert state(editor) == ("e\n\u0301x", 3)
    pressed(editor, "left", "backspace")
    assert state(editor) == ("e\u0301x", 1)


# ------------------------------------------------------------------------------------------------- sending


def test_enter_gives_the_text_as_it_was_typed_and_begins_anew() -> None:
    editor = holding("one\ntwo \x1b[2J \u202e", 2)
    assert pressed(editor, "enter") == [Submitted("one\ntwo \x1b[2J \u202e")]
    assert state(editor) == ("", 0)
    assert pressed(editor, "enter") == [Submitted("")]


def test_what_was_sent_can_be_recalled_and_the_draft_waits() -> None:
    editor = Editor(["first"])
    for text in ("second", "second", " ", "third"):
        editor.press(Key("paste", text))
        pressed(editor, "enter")
    editor.press(Key("paste", "draft"))
    seen = [editor.text for _ in range(4) if pressed(editor, "up")]
    assert seen == ["third", "second", "first", "first"]
    seen = [editor.text for _ in range(4) if pressed(editor, "down")]
    assert seen == ["second", "third", "draft", "draft"]
    assert editor.cursor == 5


def test_a_line_recalled_can_be_changed_and_sent_and_the_old_one_stays() -> None:
    editor = Editor(["one"])
    pressed(editor, "ctrl-p")
    editor.press(Key("char", "!"))
    assert pressed(editor, "enter") == [Submitted("one!")]
    pressed(editor, "up", "up")
    assert editor.text == "one"
    pressed(editor, "ctrl-n")
    assert editor.text == "one!"


def test_who_clears_it_forgets_what_was_typed_and_not_what_was_sent() -> None:
    editor = Editor(["one"])
    pressed(editor, "up")
    editor.clear()
    assert state(editor) == ("", 0)
    pressed(editor, "down")
    assert editor.text == ""
    pressed(editor, "up")
    assert editor.text == "one"


# ------------------------------------------------------------------------------------------------- sight


@pytest.mark.parametrize(
    ("text", "cursor", "columns", "shown", "place"),
    [
        ("", 0, 10, "", 0),
        ("hello", 5, 10, "hello", 5),
        ("hello", 2, 10, "hello", 2),
        ("0123456789", 10, 11, "0123456789", 10),
        ("0123456789", 10, 10, "…23456789", 9),
        ("0123456789", 0, 10, "01234567…", 0),
        ("0123456789abcdef", 8, 10, "…2345678…", 7),
        ("漢字漢字漢字", 6, 8, "…漢字", 5),
        ("漢字漢字漢字", 0, 8, "漢字…", 0),
        ("one\ntwo\tx", 9, 20, "one⏎two␉x", 9),
        ("a\x1b[31mb", 7, 20, "a␛[31mb", 7),
        ("a\u202eb", 2, 20, "ab", 2),
        ("ab\n\u202e漢", 0, 4, "ab…", 0),
        ("\u202e漢", 0, 2, "", 0),
        ("abc", 3, 2, "…", 1),
        ("漢字", 2, 2, "", 0),
        ("abc", 3, 1, "", 0),
        ("abc", 0, 0, "", 0),
    ],
)
def test_what_is_shown_is_around_the_cursor(text: str, cursor: int, columns: int, shown: str, place: int) -> None:
    assert holding(text, cursor).view(columns) == Visible(Safe(shown), place)


# ------------------------------------------------------------------------------------------------- anything

LETTERS = ["a", "b", " ", " ", "é", "e\u0301", "漢", "👋", "👨\u200d👩", "\n", "\x1b", "\x9b", "\u2028", "٣"]
TYPED = st.lists(st.sampled_from(LETTERS), max_size=12)
NAMES = [
    *("left", "right", "home", "end", "backspace", "delete", "ctrl-k", "ctrl-u", "ctrl-w", "alt-b", "alt-f", "enter"),
    *("up", "down", "alt-enter", "ctrl-d"),
]


class Model:
    """Two lists of letters, before the cursor and after it, and the lines that were sent."""

    def __init__(self) -> None:
        self.before: list[str] = []
        self.after: list[str] = []
        self.lines: list[list[str]] = [[]]
        """Those sent and, last, the draft."""
        self.line = 0

    def press(self, name: str) -> None:
        match name:
            case "left":
                self.after = self.before[-1:] + self.after
                self.before = self.before[:-1]
            case "right":
                self.before += self.after[:1]
                self.after = self.after[1:]
            case "home":
                self.before, self.after = [], self.before + self.after
            case "end":
                self.before, self.after = self.before + self.after, []
            case "backspace":
                self.before = self.before[:-1]
            case "delete" | "ctrl-d":
                self.after = self.after[1:]
            case "ctrl-k":
                self.after = []
            case "ctrl-u":
                self.before = []
            case "ctrl-w":
                self.before = self.before[: self.words(self.before)]
            case "alt-b":
                place = self.words(self.before)
                self.before, self.after = self.before[:place], self.before[place:] + self.after
            case "alt-f":
                place = len(self.after) - self.words(self.after[::-1])
                self.before, self.after = self.before + self.after[:place], self.after[place:]
            case "alt-enter":
                self.before.append("\n")
            case "up" | "down":
                self.recall(self.line + (1 if name == "down" else -1))
            case _:
                self.enter()

    def words(self, letters: list[str]) -> int:
        place = len(letters)
        while place and letters[place - 1].isspace():
            place -= 1
        while place and not letters[place - 1].isspace():
            place -= 1
        return place

    def recall(self, line: int) -> None:
        if 0 <= line < len(self.lines):
            if self.line == len(self.lines) - 1:
                self.lines[-1] = self.before + self.after
            self.line = line
            self.before, self.after = list(self.lines[line]), []

    def enter(self) -> None:
        sent = self.before + self.after
        if "".join(sent).strip() and self.lines[:-1][-1:] != [sent]:
            self.lines.insert(-1, sent)
        self.lines[-1], self.before, self.after = [], [], []
        self.line = len(self.lines) - 1


@given(st.lists(st.one_of(TYPED, st.sampled_from(NAMES)), max_size=30))
def test_any_keys_do_what_they_do_to_a_list_of_letters(keys: list[list[str] | str]) -> None:
    editor, model = Editor(), Model()
    for key in keys:
        if isinstance(key, str):
            editor.press(Key(key))
            model.press(key)
        else:
            editor.press(Key("paste", "".join(key)))
            model.before += key
        assert state(editor) == ("".join(model.before + model.after), len(model.before))


@given(TYPED, st.integers(0, 12), st.integers(0, 30))
def test_what_is_shown_fits_and_holds_the_cursor(letters: list[str], cursor: int, columns: int) -> None:
    shown, place = holding("".join(letters), cursor).view(columns)
    assert width(shown) <= max(0, columns - 1)
    assert 0 <= place <= width(shown)
    assert not any(character < " " or "\x7f" <= character < "\xa0" for character in shown)


@given(TYPED, st.integers(0, 12))
def test_all_is_shown_where_there_is_room(letters: list[str], cursor: int) -> None:
    editor = holding("".join(letters), cursor)
    shown, place = editor.view(100)
    assert "…" not in shown
    assert place == width(holding("".join(letters[: editor.cursor])).view(100).text)


@given(st.lists(st.tuples(st.text(max_size=6), st.sampled_from(NAMES)), max_size=12), st.integers(0, 20))
def test_nothing_that_is_pasted_stops_it(keys: list[tuple[str, str]], columns: int) -> None:
    editor = Editor()
    for text, name in keys:
        editor.press(Key("paste", text))
        editor.press(Key(name))
        assert width(editor.view(columns).text) <= max(0, columns - 1)


@pytest.mark.parametrize(("most", "seen"), [(0, ("", 0)), (2, ("cde\u0301f", 2)), (9, ("abcde\u0301f", 4))])
def test_of_a_long_text_the_neighbourhood_of_the_cursor_is_enough(most: int, seen: tuple[str, int]) -> None:
    editor = Editor()
    for key in (Key("paste", "abcde\u0301f"), Key("left"), Key("left")):
        editor.press(key)
    assert editor.near(most) == seen
