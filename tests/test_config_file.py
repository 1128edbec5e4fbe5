"""Claims about one configuration file: what is wrong with it is told at its place, and all at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from livechat.config_file import Document, parse, read
from livechat.errors import ConfigError, MissingInput
from livechat.toml_text import LARGEST

PATH = Path("config.toml")


def document(text: str) -> Document:
    return parse(PATH, text.encode())


def wrongs(text: str) -> list[str]:
    """The first line of each error."""
    return [error.what.split("\n")[0] for error in document(text).errors()]


def test_an_unknown_key_is_told_with_its_line_its_column_and_the_likely_one() -> None:
    (error,) = document('[serve]\nhost = "a"\nprot = 1\n').errors()
    assert str(error) == (
        "config.toml:3:1  unknown key 'prot' in [serve] — did you mean 'port'?\n"
        '   2 | host = "a"\n'
        "   3 | prot = 1\n"
        "     | ^^^^"
    )


def test_a_wrong_value_is_pointed_at() -> None:
    (error,) = document("[serve]\nport = 99999 # high\n").errors()
    assert error.what.endswith("   2 | port = 99999 # high\n     |        ^^^^^")


def test_all_that_is_wrong_is_told_in_the_order_of_the_text() -> None:
    text = """\
voice = "Puck"
[sesion]
model = "x"
[session]
voice = "Puk"
port = 1
qqqqqq = 1
[profiles.work.session]
voice = "Kor"
[profiles.work.sesion]
[output]
color = 3
"""
    assert wrongs(text) == [
        "config.toml:1:1  the key 'voice' stands outside of any section — it belongs in [session]",
        "config.toml:2:2  unknown section [sesion] — did you mean [session]?",
        "config.toml:5:9  unknown voice 'Puk' — did you mean Puck?",
        "config.toml:6:1  unknown key 'port' in [session] — it belongs in [serve]",
        "config.toml:7:1  unknown key 'qqqqqq' in [session]",
        "config.toml:9:9  unknown voice 'Kor' — did you mean Kore?",
        "config.toml:10:16  unknown section [sesion] — did you mean [session]?",
        "config.toml:12:9  'color' in [output] must be text in quotes, not a whole number",
    ]


def test_what_should_be_a_table_and_is_none_is_told() -> None:
    assert wrongs("server = 1\nprofiles = 2\n") == [
        "config.toml:1:1  'server' is a section: [server] on a line of its own",
        "config.toml:2:1  profiles are tables, like [profiles.work.session]",
    ]
    assert wrongs("[profiles]\nhome = 1\n[profiles.work]\nserver = 1\nqqqq = 1\n") == [
        "config.toml:2:1  a profile holds sections, like [profiles.home.session]",
        "config.toml:4:1  'server' is a section: [profiles.work.server] on a line of its own",
        "config.toml:5:1  the key 'qqqq' stands outside of any section",
    ]
    assert wrongs("[qqqqqq]\n") == ["config.toml:1:2  unknown section [qqqqqq]"]


def test_dotted_and_inline_tables_are_sections_too() -> None:
    found = document('session = { voice = "Puk" }\nserve.prot = 1\n[profiles]\nwork.session.voice = "Kor"\n')
    assert [error.what.split("  ")[0] for error in found.errors()] == [
        "config.toml:1:21",
        "config.toml:2:7",
        "config.toml:4:22",
    ]


def test_the_values_are_given_with_their_lines_outside_of_profiles_and_in_one() -> None:
    found = document('[session]\nvoice = "Puck"\n[profiles.work]\nsession.voice = "Kore"\nserve = { port = 1 }\n')
    assert found.errors() == ()
    assert found.profiles == ["work"]
    assert [(about.name, value, origin) for about, value, origin in found.values()] == [
        ("session.voice", "Puck", "config.toml:2")
    ]
    assert [(about.name, value, origin) for about, value, origin in found.values("work")] == [
        ("session.voice", "Kore", "config.toml:4"),
        ("serve.port", 1, "config.toml:5"),
    ]


def test_a_document_of_nothing_gives_nothing() -> None:
    assert list(Document(PATH).values()) == []
    assert Document(PATH).errors() == ()
    assert Document(PATH).profiles == []


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("[session]\nvoice = Puck\n", "config.toml:2:9  Invalid value\n   1 | [session]\n   2 | voice = Puck\n"),
        ("voice = ", "config.toml:1:9  Invalid value"),
        ("[session", "config.toml:1:9  "),
        ("a = 1\na = 2\n", "config.toml:2:6  Cannot overwrite a value"),
        ('a = """\n\n', "config.toml:3:1  Unterminated string"),
    ],
)
def test_what_is_not_toml_is_told_at_its_place(text: str, what: str) -> None:
    with pytest.raises(ConfigError) as wrong:
        document(text)
    assert wrong.value.what.startswith(what)
    assert wrong.value.what.endswith("^")
    assert wrong.value.exit_code == 78


def test_what_is_not_utf8_is_told_at_its_line() -> None:
    with pytest.raises(ConfigError, match=r"config.toml:2:1  this line is not UTF-8 text"):
        parse(PATH, b"# fine\nvoice = '\xff'\n")


def test_tables_without_an_end_are_an_error_and_not_the_end_of_us() -> None:
    with pytest.raises(ConfigError, match="too deep"):
        document("a = " + "[" * 100_000)


def test_a_byte_order_mark_and_windows_line_ends_make_no_difference() -> None:
    assert [value for _, value, _ in parse(PATH, b'\xef\xbb\xbf[session]\r\nvoice = "Puck"\r\n').values()] == ["Puck"]


def test_a_key_that_does_not_belong_here_is_taken_for_no_other() -> None:
    (error,) = document('[server]\napi_key = "x"\n').errors()
    assert "did you mean" not in error.what
    assert "GEMINI_API_KEY" in error.hint


@pytest.mark.parametrize("name", ["api_key", "apiKey", "token", "client-secret", "PASSWORD"])
def test_a_key_in_the_file_is_refused_and_not_shown(name: str) -> None:
    (error,) = document(f'[server]\n{name} = "AIzaVerySecret"\n').errors()
    assert "AIza" not in error.what
    assert f"   2 | {name} = …" in error.what
    assert "--api-key-file" in error.hint


def test_a_key_beside_another_error_is_not_shown_either() -> None:
    errors = document('[server]\n"api key" = "AIzaVerySecret"\nchioce = { token = "AIzaVerySecret" }\n').errors()
    with pytest.raises(ConfigError) as wrong:
        document("api_key = AIzaVerySecret")
    assert all("AIza" not in error.what for error in (*errors, wrong.value))


def test_a_file_is_read_from_its_path(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text("[session]\nvoice = 'Puck'\n")
    assert read(path).path == path
    assert [value for _, value, _ in read(path).values()] == ["Puck"]


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(MissingInput, match="nowhere"):
        read(tmp_path / "nowhere")
    with pytest.raises(MissingInput, match="directory"):
        read(tmp_path)


def test_a_file_without_an_end_is_no_configuration() -> None:
    with pytest.raises(ConfigError, match=str(LARGEST)):
        read(Path("/dev/zero"))
