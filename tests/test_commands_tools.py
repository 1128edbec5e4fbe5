"""`livechat tools`: what there is, what a model is told of it, and what it would answer."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli import livechat

FILE = '''import livechat

@livechat.tool
def get_weather(city: str) -> str:
    """Tells the weather in a city.\\x1b[2J"""
    if not city:
        raise ValueError("which city?\\x1b[2J")
    return f"sunny in {city}"
'''


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "weather.py").write_text(FILE)
    return tmp_path


def test_what_is_built_in_and_what_a_file_has_are_listed_with_who_is_asked(folder: Path) -> None:
    run = livechat("tools", "--tools", "weather.py", cwd=folder)
    rows = run.stdout.decode().splitlines()
    assert "clock        allow  Tells the date, the time of day and the weekday." in rows
    assert [row.split()[1] for row in rows if row.startswith("get_weather")] == ["ask"]
    assert "\x1b" not in run.stdout.decode()


def test_as_json_each_is_an_object_on_a_line(folder: Path) -> None:
    run = livechat("tools", "list", "--json", "--tools", "weather.py", cwd=folder)
    last = json.loads(run.stdout.splitlines()[-1])
    assert last["name"] == "get_weather"
    assert (last["from"], last["permission"]) == ("weather.py", "ask")


def test_a_declaration_is_shown_as_it_is_sent(folder: Path) -> None:
    shown = json.loads(livechat("tools", "show", "get_weather", "--tools", "weather.py", cwd=folder).stdout)
    assert shown["name"] == "get_weather"
    assert shown["parameters"]["properties"] == {"city": {"type": "STRING"}}


def test_a_tool_is_run_as_a_model_would_have_it_run(folder: Path) -> None:
    run = livechat("tools", "run", "get_weather", '{"city": "Lisbon"}', "--tools", "weather.py", cwd=folder)
    assert (run.returncode, json.loads(run.stdout)) == (0, {"output": "sunny in Lisbon"})
    run = livechat("tools", "run", "calculator", "-", cwd=folder, stdin=b'{"expression": "6 * 7"}')
    assert json.loads(run.stdout) == {"output": 42}


@pytest.mark.parametrize("arguments", ["{}", '{"city": ""}', '{"town": "Lisbon"}'])
def test_an_error_is_what_the_model_would_be_told_and_exit_code_1(folder: Path, arguments: str) -> None:
    run = livechat("tools", "run", "get_weather", arguments, "--tools", "weather.py", cwd=folder)
    assert run.returncode == 1, run.stderr
    assert "error" in json.loads(run.stdout)
    assert b"\x1b" not in run.stdout


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (["show", "clok"], "there is no tool 'clok' — did you mean clock?"),
        (["run", "clock", "["], "the arguments are no JSON"),
        (["run", "clock", "[]"], "the arguments are no JSON object"),
        (["list", "--tools", "wether.py"], "there is no file"),
    ],
)
def test_what_cannot_be_meant_is_said(folder: Path, args: list[str], says: str) -> None:
    run = livechat("tools", *args, cwd=folder)
    assert run.returncode in (2, 66)
    assert says in run.stderr.decode()


def test_of_what_a_file_prints_nothing_is_in_the_output_and_it_reads_nothing(tmp_path: Path) -> None:
    chatty = FILE.replace("import livechat\n", "import livechat, sys\nprint('IMPORTED', sys.stdin.read())\n", 1)
    (tmp_path / "weather.py").write_text(chatty.replace("    if not city", "    print('CALLED')\n    if not city"))
    listed = livechat("tools", "list", "--json", "--tools", "weather.py", cwd=tmp_path, stdin=b"typed")
    assert all(json.loads(line)["name"] for line in listed.stdout.splitlines())
    ran = livechat("tools", "run", "get_weather", '{"city": "Rome"}', "--tools", "weather.py", cwd=tmp_path)
    assert json.loads(ran.stdout) == {"output": "sunny in Rome"}


def test_a_tool_that_is_nearly_named_in_the_settings_is_told_of(folder: Path) -> None:
    (folder / "c.toml").write_text('[tools.get_wether]\npermission = "deny"\n')
    run = livechat("--config", "c.toml", "tools", "list", "--tools", "weather.py", cwd=folder)
    assert b"[tools.get_wether] is about no tool here" in run.stderr
    assert b"did you mean [tools.get_weather]?" in run.stderr


def test_what_a_tool_has_printed_by_threads_and_programs_is_not_in_the_output(folder: Path) -> None:
    noisy = "import subprocess, threading\n    subprocess.run(['echo', 'PROGRAM'])\n    import os\n"
    noisy += "    os.write(1, b'PAST PYTHON')\n    threading.Thread(target=print, args=['THREAD']).start()\n    "
    (folder / "weather.py").write_text(FILE.replace("if not city", noisy + "if not city"))
    run = livechat("tools", "run", "get_weather", '{"city": "Rome"}', "--tools", "weather.py", cwd=folder)
    assert json.loads(run.stdout) == {"output": "sunny in Rome"}
    assert all(word in run.stderr for word in (b"PROGRAM", b"PAST PYTHON", b"THREAD"))
