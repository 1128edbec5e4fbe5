"""Claims about the decoder of keys: every key of every dialect, cut anywhere, and nothing that stops it."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from livechat.terminal.decoder import LONGEST, Decoder, Key

ESC = "\x1b"


def fed(*pieces: str | bytes) -> list[Key]:
    decoder = Decoder()
    return [key for piece in pieces for key in decoder.feed(piece if isinstance(piece, bytes) else piece.encode())]


def typed(text: str) -> list[Key]:
    return [Key("space", " ") if character == " " else Key("char", character) for character in text]


LETTERS = {chr(code): f"ctrl-{chr(code + 96)}" for code in range(1, 27) if chr(code) not in "\b\t\n\r"}
ARROWS = {"A": "up", "B": "down", "C": "right", "D": "left", "H": "home", "F": "end"}
KEYS: dict[str, str] = {
    **LETTERS,
    "\0": "ctrl-space",
    "\x1c": "ctrl-\\",
    "\x1d": "ctrl-]",
    "\x1e": "ctrl-^",
    "\x1f": "ctrl-_",
    "\b": "backspace",
    "\x7f": "backspace",
    "\t": "tab",
    "\n": "enter",
    "\r": "enter",
    # arrows and their neighbours, as a VT100, in application mode, on rxvt, with modifiers
    **{f"{ESC}[{final}": name for final, name in ARROWS.items()},
    **{f"{ESC}O{final}": name for final, name in ARROWS.items()},
    f"{ESC}[1~": "home",
    f"{ESC}[2~": "insert",
    f"{ESC}[3~": "delete",
    f"{ESC}[4~": "end",
    f"{ESC}[5~": "pageup",
    f"{ESC}[6~": "pagedown",
    f"{ESC}[7~": "home",
    f"{ESC}[8~": "end",
    f"{ESC}[1;2A": "shift-up",
    f"{ESC}[1;3D": "alt-left",
    f"{ESC}[1;5C": "ctrl-right",
    f"{ESC}[1;8H": "ctrl-alt-shift-home",
    f"{ESC}[3;5~": "ctrl-delete",
    f"{ESC}[1;9B": "super-down",
    f"{ESC}[Z": "shift-tab",
    f"{ESC}[1;2Z": "shift-tab",
    f"{ESC}OM": "enter",
    f"{ESC}OI": "tab",
    # function keys: xterm's, the VT220's, the Linux console's
    **{f"{ESC}O{final}": f"f{n}" for n, final in enumerate("PQRS", 1)},
    **{f"{ESC}[1;2{final}": f"shift-f{n}" for n, final in enumerate("PQRS", 1)},
    **{f"{ESC}[{code}~": f"f{n}" for n, code in enumerate((11, 12, 13, 14, 15, 17, 18, 19, 20, 21, 23, 24), 1)},
    **{f"{ESC}[[{final}": f"f{n}" for n, final in enumerate("ABCDE", 1)},
    # alt
    f"{ESC}b": "alt-b",
    f"{ESC}B": "alt-B",
    f"{ESC}é": "alt-é",
    f"{ESC} ": "alt-space",
    f"{ESC}\r": "alt-enter",
    f"{ESC}\x7f": "alt-backspace",
    f"{ESC}\x01": "ctrl-alt-a",
    # kitty
    f"{ESC}[27u": "esc",
    f"{ESC}[13u": "enter",
    f"{ESC}[13;3u": "alt-enter",
    f"{ESC}[9u": "tab",
    f"{ESC}[9;2u": "shift-tab",
    f"{ESC}[127u": "backspace",
    f"{ESC}[8u": "backspace",
    f"{ESC}[99;5u": "ctrl-c",
    f"{ESC}[67;5u": "ctrl-c",
    f"{ESC}[99;69u": "ctrl-c",
    f"{ESC}[99:67;6u": "ctrl-shift-c",
    f"{ESC}[92;5u": "ctrl-\\",
    f"{ESC}[32;5u": "ctrl-space",
    f"{ESC}[98;3u": "alt-b",
    f"{ESC}[98;9u": "super-b",
    f"{ESC}[57376u": "f13",
    f"{ESC}[57398;2u": "shift-f35",
    f"{ESC}[57414u": "enter",
    f"{ESC}[57417u": "left",
    f"{ESC}[57426;5u": "ctrl-delete",
    f"{ESC}[57399;5u": "ctrl-0",
    # xterm's modifyOtherKeys
    f"{ESC}[27;5;99~": "ctrl-c",
    f"{ESC}[27;2;13~": "shift-enter",
}


@pytest.mark.parametrize("sent", KEYS, ids=repr)
def test_every_key_has_its_name_and_writes_nothing(sent: str) -> None:
    assert fed(sent) == [Key(KEYS[sent])]


WRITES: dict[str, str] = {
    "a": "a",
    "é": "é",
    "漢": "漢",
    "👋": "👋",
    f"{ESC}Oq": "1",
    f"{ESC}Oj": "*",
    f"{ESC}OX": "=",
    f"{ESC}[97u": "a",
    f"{ESC}[97;1u": "a",
    f"{ESC}[97;2u": "A",
    f"{ESC}[97;65;65u": "A",
    f"{ESC}[97;;0u": "a",
    f"{ESC}[50;2;34u": '"',
    f"{ESC}[50;2u": "2",
    f"{ESC}[223;2u": "ß",
    f"{ESC}[0;;233u": "é",
    f"{ESC}[0;;101:769u": "e\u0301",
    f"{ESC}[57399u": "0",
    f"{ESC}[57400;129;49u": "1",
}


@pytest.mark.parametrize("sent", WRITES, ids=repr)
def test_what_is_written_comes_as_it_is_written(sent: str) -> None:
    assert fed(sent) == [Key("char", WRITES[sent])]


@pytest.mark.parametrize("sent", [" ", f"{ESC}[32u", f"{ESC}[32;1u", f"{ESC}[32;2u", f"{ESC}[32;;32u"])
def test_space_has_a_name_and_writes(sent: str) -> None:
    assert fed(sent) == [Key("space", " ")]


NO_KEYS = [
    f"{ESC}[I",  # the focus came
    f"{ESC}[<0;3;4M",  # the mouse
    f"{ESC}[?62;22c",  # who the terminal is
    f"{ESC}[24;80R",  # where the cursor is
    f"{ESC}[0n",
    f"{ESC}[99~",
    f"{ESC}[u",
    f"{ESC}[57441u",  # shift by itself
    f"{ESC}[57441;5u",
    f"{ESC}[57358u",  # the lock of capitals
    f"{ESC}[0u",
    f"{ESC}[55296u",
    f"{ESC}[1114112u",
    f"{ESC}[99999999999999u",
    f"{ESC}[200!~",
    f"{ESC}[?u",
    f"{ESC}]11;rgb:0000/0000/0000\x07",
    f"{ESC}]11;rgb:0000/0000/0000{ESC}\\",
    f"{ESC}P1$r0m{ESC}\\",
    f"{ESC}_Gi=1;OK{ESC}\\",
    "\x85",
    b"\xff\xfe\xc3",
    b"\xed\xa0\x80",
]


@pytest.mark.parametrize("sent", NO_KEYS, ids=repr)
def test_what_is_no_key_gives_none_and_does_no_harm_to_the_next(sent: str | bytes) -> None:
    assert fed(sent, "q") == [Key("char", "q")]


@pytest.mark.parametrize(
    ("sent", "key"),
    [
        (f"{ESC}[32;1:1u", Key("space", " ")),
        (f"{ESC}[32;1:2u", Key("space", " ", repeated=True)),
        (f"{ESC}[32;1:3u", Key("space", " ", released=True)),
        (f"{ESC}[32;:3u", Key("space", " ", released=True)),
        (f"{ESC}[1;1:3A", Key("up", released=True)),
        (f"{ESC}[3;5:2~", Key("ctrl-delete", repeated=True)),
        (f"{ESC}[97;1:3u", Key("char", "a", released=True)),
    ],
)
def test_kitty_tells_of_repeats_and_releases(sent: str, key: Key) -> None:
    assert fed(sent) == [key]


def test_the_answer_to_the_question_for_kitty_s_flags_is_no_key() -> None:
    decoder = Decoder()
    keys, answers = list[Key](), [decoder.kitty_flags]
    for sent in (b"\x1b[?0uq", b"\x1b[?27u"):
        keys += decoder.feed(sent)
        answers.append(decoder.kitty_flags)
    assert (keys, answers) == ([Key("char", "q")], [None, 0, 27])


# ------------------------------------------------------------------------------------------------- the escape key


def timed_out(sent: str) -> tuple[bool, list[Key]]:
    decoder = Decoder()
    assert decoder.feed(sent.encode()) == []
    waited = decoder.waiting
    keys = decoder.timeout()
    assert not decoder.waiting
    assert decoder.feed(b"q") == [Key("char", "q")]
    return waited, keys


@pytest.mark.parametrize(
    ("sent", "keys"),
    [
        (ESC, [Key("esc")]),
        (f"{ESC}[", [Key("alt-[")]),
        (f"{ESC}O", [Key("alt-O")]),
        (f"{ESC}]", [Key("alt-]")]),
        (f"{ESC}[1;", []),
        (f"{ESC}]11;rgb", []),
    ],
)
def test_an_escape_after_which_nothing_comes_is_a_key(sent: str, keys: list[Key]) -> None:
    assert timed_out(sent) == (True, keys)


def test_nothing_comes_of_waiting_for_nothing() -> None:
    decoder = Decoder()
    assert (decoder.waiting, decoder.timeout()) == (False, [])


def test_an_escape_before_another_is_the_key() -> None:
    assert fed(ESC + ESC + "[A") == [Key("esc"), Key("up")]


def test_a_sequence_that_breaks_off_costs_no_key_that_follows() -> None:
    assert fed(f"{ESC}[1;5\rq") == [Key("enter"), Key("char", "q")]
    assert fed(f"{ESC}[1é") == [Key("char", "é")]
    assert fed(f"{ESC}[1{ESC}[A") == [Key("up")]
    assert fed(f"{ESC}Oé") == [Key("alt-O"), Key("char", "é")]


def test_a_sequence_without_end_is_given_up() -> None:
    assert fed(f"{ESC}[" + "1" * LONGEST + "q")[-1] == Key("char", "q")
    assert fed(f"{ESC}]" + "x" * LONGEST + "q")[-1] == Key("char", "q")


# ------------------------------------------------------------------------------------------------- pasting


def test_a_paste_is_one_key_whatever_is_in_it() -> None:
    inside = f"two\r\nlines\rand {ESC}[A and {ESC}[200~ and \x03 and 漢\n"
    assert fed(f"a{ESC}[200~{inside}{ESC}[201~b") == [
        Key("char", "a"),
        Key("paste", f"two\nlines\nand {ESC}[A and {ESC}[200~ and \x03 and 漢\n"),
        Key("char", "b"),
    ]
    assert fed(f"{ESC}[200~{ESC}[201~") == [Key("paste", "")]
    assert fed(f"{ESC}[201~q") == [Key("char", "q")]


def test_a_paste_waits_for_its_end_however_long_that_takes() -> None:
    decoder = Decoder()
    assert decoder.feed(b"\x1b[200~a") == []
    assert not decoder.waiting
    assert decoder.timeout() == []
    assert decoder.feed(b"b\x1b[20") == decoder.timeout() == []
    assert decoder.feed(b"1~") == [Key("paste", "ab")]


def test_a_large_paste_is_searched_once() -> None:
    decoder = Decoder()
    decoder.feed(b"\x1b[200~")
    for _ in range(2000):
        assert decoder.feed(b"x" * 4096) == []
    (key,) = decoder.feed(b"\x1b[201~")
    assert len(key.text) == 2000 * 4096


# ------------------------------------------------------------------------------------------------- anything

SEQUENCES = [sequence.encode() for sequence in [*KEYS, *WRITES, f"{ESC}[200~", f"{ESC}[201~", f"{ESC}[?5u"]]
STREAMS = st.lists(st.one_of(st.binary(max_size=8), st.sampled_from(SEQUENCES)), max_size=12).map(b"".join)


@st.composite
def cut(draw: st.DrawFn) -> list[bytes]:
    stream = draw(STREAMS)
    places = sorted(draw(st.lists(st.integers(0, len(stream)), max_size=8)))
    return [stream[since:until] for since, until in zip([0, *places], [*places, len(stream)], strict=True)]


@given(cut())
@example([bytes([byte]) for byte in "é\x1b[200~漢\x1b[201~\x1b[1;5C👋".encode()])
@example([b"\x1b[200~\x1b[20", b"1~"])
def test_the_same_bytes_give_the_same_keys_wherever_they_are_cut(pieces: list[bytes]) -> None:
    assert fed(*pieces) == fed(b"".join(pieces))


@given(st.lists(STREAMS, max_size=5))
def test_garbage_gives_keys_of_known_shape_and_what_follows_is_understood(streams: Iterable[bytes]) -> None:
    decoder = Decoder()
    keys = [key for stream in streams for key in [*decoder.feed(stream), *decoder.timeout()]]
    assert all(key.name for key in keys)
    assert all(bool(key.text) == (key.name in {"char", "space"}) for key in keys if key.name != "paste")
    decoder.feed(b"\x1b[201~")
    decoder.timeout()
    assert decoder.feed(b"\x1b[A") == [Key("up")]


@given(st.text(st.characters(exclude_categories=["Cc", "Cs"])))
def test_text_comes_as_it_was_typed(text: str) -> None:
    assert fed(text) == typed(text)


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=400))
def test_any_text_can_be_pasted(text: str) -> None:
    if f"{ESC}[201~" not in text:
        assert fed(f"{ESC}[200~", text, f"{ESC}[201~")[0].text == text.replace("\r\n", "\n").replace("\r", "\n")
