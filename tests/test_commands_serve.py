"""Claims about `livechat serve`: one line on stdout when it is ready, the rest on stderr, and an end at once."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from livechat.commands.serve import files_wanted
from livechat.server.certificate import for_localhost
from livechat.server.guests import WAITING
from tests.cli import begun, environment, livechat

AT_ONCE_S = 4.0
"""Half a second is promised; a busy machine may load models meanwhile."""
PATH = "/ws/google.ai.generativelanguage.v1beta.GenerativeService.BidiGenerateContent"


@contextmanager
def serving(
    *words: str, env: Mapping[str, str] | None = None, hand_on: Sequence[int] = ()
) -> Generator[tuple[subprocess.Popen[str], str], None, None]:
    """`livechat serve` in a process of its own, and the URL it printed; it is handed these descriptors on."""
    pipe = subprocess.PIPE
    handed = {"pass_fds": hand_on} if hand_on else {}
    line = ["serve", "--port", "0", *words]
    with begun(*line, env=environment(env), stdout=pipe, stderr=pipe, text=True, **handed) as process:
        try:
            assert process.stdout is not None
            ready = re.fullmatch(r"listening on (wss?://[\w.]+:\d+)\n", process.stdout.readline())
            assert ready is not None, process.communicate()[1]
            yield process, ready[1]
        finally:
            process.kill()


def ended(process: subprocess.Popen[str], with_signal: signal.Signals) -> tuple[int, float, str, str]:
    """The exit code, the seconds it took to end, and what was still printed."""
    began = time.monotonic()
    process.send_signal(with_signal)
    out, err = process.communicate(timeout=10)
    return process.returncode, time.monotonic() - began, out, err


async def turn(url: str, text: str, query: str = "", trust: ssl.SSLContext | None = None) -> str:
    """What it answers in writing."""
    async with asyncio.timeout(10), connect(url + PATH + query, ssl=trust) as client:
        model = {"model": "models/gemini-2.0-flash-live-001", "generationConfig": {"responseModalities": ["TEXT"]}}
        await client.send(json.dumps({"setup": model}))
        content = {"turns": [{"role": "user", "parts": [{"text": text}]}], "turnComplete": True}
        await client.send(json.dumps({"clientContent": content}))
        answer = ""
        async for frame in client:
            said = json.loads(frame).get("serverContent", {})
            answer += said.get("modelTurn", {"parts": [{"text": ""}]})["parts"][0]["text"]
            if said.get("turnComplete"):
                break
        return answer


def test_it_says_where_it_listens_answers_and_ends_at_once_on_ctrl_c() -> None:
    with serving() as (process, url):
        assert "408" in asyncio.run(turn(url, "what is 17 times 24?"))
        code, seconds, out, err = ended(process, signal.SIGINT)
    assert (code, out) == (130, "")
    assert seconds < AT_ONCE_S
    assert f"  livechat text --server {url}\n" in err
    assert err.count("English only") == 1
    assert len(re.findall(r"^note: client 1: developer v1beta, \d+\.\d s, closed 1000$", err, re.MULTILINE)) == 1
    assert err.count("client 1") == 1
    assert "Traceback" not in err


def test_it_ends_at_once_with_clients_connected_when_it_is_told_to() -> None:
    with serving() as (process, url):
        port = int(url.rpartition(":")[2])
        with socket.create_connection(("127.0.0.1", port)) as half_open:
            half_open.sendall(b"GET ")
            assert asyncio.run(turn(url, "hello"))  # by then the server knows of the half-open one
            code, seconds, _, err = ended(process, signal.SIGTERM)
    assert code == 143
    assert seconds < AT_ONCE_S
    assert "Traceback" not in err


def test_it_says_farewell_when_its_terminal_is_closed_too() -> None:
    with serving("--speech", "tones") as (process, url):
        assert asyncio.run(turn(url, "hello"))
        code, _, _, err = ended(process, signal.SIGHUP)
    assert code == 129
    assert "Traceback" not in err


def test_a_port_in_use_names_the_way_out(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        run = livechat("serve", "--port", port, cwd=tmp_path)
    assert run.returncode == 74
    assert run.stdout == b""
    assert f"error: port {port} of 127.0.0.1 is in use".encode() in run.stderr
    assert b"try: livechat serve --port 0" in run.stderr


def test_an_address_that_others_can_reach_is_refused_without_a_token(tmp_path: Path) -> None:
    run = livechat("serve", "--host", "0.0.0.0", cwd=tmp_path)
    assert run.returncode == 2
    assert b"beyond loopback it wants a token" in run.stderr


def test_a_folder_without_models_is_named_before_anybody_connects(tmp_path: Path) -> None:
    run = livechat("serve", "--port", "0", "--speech-models", str(tmp_path / "none"), cwd=tmp_path)
    assert run.returncode == 66
    assert run.stdout == b""
    assert b"is not a folder" in run.stderr


@pytest.mark.parametrize("words", [("--port", "99999"), ("--max-connections", "0"), ("--silence", "1")])
def test_a_number_out_of_bounds_is_refused(words: tuple[str, str], tmp_path: Path) -> None:
    run = livechat("serve", *words, cwd=tmp_path)
    assert run.returncode in (2, 78)
    assert run.stdout == b""


def test_the_silence_asked_for_and_the_number_of_clients_hold() -> None:
    with serving("--silence", "800", "--max-connections", "1") as (_, url):
        assert asyncio.run(second_is_turned_away(url))


async def second_is_turned_away(url: str) -> bool:
    async with connect(url + PATH):
        try:
            async with connect(url + PATH):
                return False
        except InvalidStatus as refused:
            return refused.response.status_code == 503


def test_a_language_model_that_is_not_there_is_named_to_the_client_and_in_the_log() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        nobody = f"http://127.0.0.1:{taken.getsockname()[1]}/v1"
    with serving("--llm-url", nobody, "--llm-model", "llama3.2") as (process, url):
        with pytest.raises(ConnectionClosed) as caught:
            asyncio.run(turn(url, "hello"))
        *_, err = ended(process, signal.SIGTERM)
    assert caught.value.rcvd is not None
    assert caught.value.rcvd.code == 1011
    assert "Internal error encountered." in caught.value.rcvd.reason
    assert nobody.removeprefix("http://").removesuffix("/v1") in err
    assert err.count("Nobody answers at 127.0.0.1 port") == 1


# ------------------------------------------------------------------------------------------------ the scenario


async def setups(url: str, count: int) -> list[str]:
    """What the first message of each of so many connections is, or how it was refused."""
    told: list[str] = []
    for _ in range(count):
        try:
            async with asyncio.timeout(10), connect(url + PATH) as client:
                await client.send('{"setup": {"model": "models/gemini-3.8-live"}}')
                told.append(",".join(json.loads(await client.recv())))
        except InvalidStatus as refused:
            told.append(str(refused.response.status_code))
        except ConnectionClosed as closed:
            told.append(f"{closed.rcvd.code} {closed.rcvd.reason}" if closed.rcvd else "dropped")
    return told


def test_a_scenario_and_faults_on_top_of_it_and_what_is_written_down_of_them(tmp_path: Path) -> None:
    log = tmp_path / "events.ndjson"
    faults = ("--fault", "close:1011:Internal error encountered.@setupComplete#1", "--fault", "drop@setupComplete#2")
    quick = ("--speech", "tones", "--seed", "7", "--log", str(log))
    with serving("--scenario", "quota", *faults, *quick) as (process, url):
        told = asyncio.run(setups(url, 5))
        *_, err = ended(process, signal.SIGTERM)
    assert told == ["429", "429", "1011 Internal error encountered.", "dropped", "setupComplete"]
    assert "--seed" not in err
    lines = [json.loads(line) for line in log.read_text("ascii").splitlines()]
    assert (lines[0]["event"], lines[0]["seed"], lines[0]["scenario"]) == ("server", 7, "quota")
    assert lines[-1]["event"] == "end"
    assert [line["connection"] for line in lines if line["event"] == "closed"] == [1, 2, 3]


def test_the_seed_that_was_drawn_is_told() -> None:
    with serving("--speech", "tones") as (process, _):
        *_, err = ended(process, signal.SIGTERM)
    assert re.search(r"decide again: --seed \d+\n", err)


def test_the_scenarios_that_come_with_it_are_listed(tmp_path: Path) -> None:
    run = livechat("serve", "--list-scenarios", cwd=tmp_path)
    assert run.returncode == 0
    assert b"goaway " in run.stdout


def test_it_says_how_a_scenario_is_written(tmp_path: Path) -> None:
    run = livechat("serve", "--scenario-format", cwd=tmp_path)
    assert (run.returncode, run.stderr) == (0, b"")
    for word in (b"[network]", b"[[turn]]", b"close:CODE[:REASON]", b"sessionResumptionUpdate"):
        assert word in run.stdout


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("--scenario", "goawy"), 2, b"did you mean goaway"),
        (("--fault", "drop"), 2, b"drop"),
        (("--resume", "never"), 2, b"rollback, keep, refuse"),
        (("--speech", "song"), 2, b"models, tones"),
        (("--latency-ms", "-1"), 2, b"latency"),
        (("--tls-cert", "x.pem"), 2, b"belong together"),
        (("--tls-cert", "x.pem", "--tls-key", "x.pem"), 66, b"cannot read x.pem"),
        (("--token-file", "nothing"), 66, b"cannot read the token file nothing"),
        (("--log-words",), 2, b"--log FILE --log-words"),
        (("--allow-origin", "evil.example", "--port", "0"), 2, b"--allow-origin https://evil.example"),
        (("--log", "no/such/folder"), 74, b"cannot write the log"),
        (("--ready-fd", "99", "--port", "0"), 2, b"--ready-fd 99 cannot be written"),
    ],
)
def test_what_cannot_be_served_is_told_before_anybody_connects(
    words: Sequence[str], code: int, said: bytes, tmp_path: Path
) -> None:
    run = livechat("serve", *words, cwd=tmp_path)
    assert run.returncode == code, run.stderr
    assert said in run.stderr


# ---------------------------------------------------------------------------------------------------- the door


def test_a_token_of_the_environment_is_wanted_and_shown_nowhere() -> None:
    token = "a-secret-of-the-tests"
    with serving("--speech", "tones", env={"LIVECHAT_SERVE_TOKEN": token}) as (process, url):
        assert asyncio.run(setups(url, 1)) == ["401"]
        answer = asyncio.run(turn(url, "what is 17 times 24?", query=f"?key={token}"))
        assert "408" in answer
        out, err = ended(process, signal.SIGTERM)[2:]
    assert token not in out + err
    assert "--api-key-file FILE" in err


def test_with_a_token_others_may_reach_it(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("a-secret-of-the-tests")
    beyond = ("--host", "0.0.0.0", "--token-file", str(tmp_path / "token"), "--speech", "tones")
    with serving(*beyond) as (process, url):
        here = url.replace("0.0.0.0", "127.0.0.1")
        assert "408" in asyncio.run(turn(here, "what is 17 times 24?", query="?key=a-secret-of-the-tests"))
        *_, err = ended(process, signal.SIGTERM)
    assert f"livechat text --server {here} --api-key-file FILE\n" in err
    assert "livechat text --server ws://0.0.0.0" not in err
    assert "note: Without TLS whoever is on the way reads the token" in err
    assert "English only" not in err, "tones know no language"


def test_with_tls_it_prints_the_two_variables_and_is_trusted_by_them(tmp_path: Path) -> None:
    with serving("--tls", "--speech", "tones", env={"XDG_STATE_HOME": str(tmp_path), "HOME": str(tmp_path)}) as found:
        process, url = found
        port = url.rpartition(":")[2]
        made = tmp_path / "livechat" / "tls" / "localhost.pem"
        trust = ssl.create_default_context(cafile=str(made))
        assert url.startswith("wss://127.0.0.1:")
        assert "408" in asyncio.run(turn(url, "what is 17 times 24?", trust=trust))
        *_, err = ended(process, signal.SIGTERM)
    assert f"\n  SSL_CERT_FILE={made} GOOGLE_GEMINI_BASE_URL=https://localhost:{port} GEMINI_API_KEY=x\n" in err


def test_that_the_certificate_was_made_again_is_told(tmp_path: Path) -> None:
    folder = tmp_path / "livechat" / "tls"
    for_localhost(folder, datetime.now(UTC) - timedelta(days=360), "")
    home = {"XDG_STATE_HOME": str(tmp_path), "HOME": str(tmp_path)}
    with serving("--tls", "--speech", "tones", env=home) as (process, _):
        *_, err = ended(process, signal.SIGTERM)
    assert f"programs that trust it must read {folder / 'localhost.pem'} again" in err
    with serving("--tls", "--speech", "tones", env=home) as (process, _):
        *_, err = ended(process, signal.SIGTERM)
    assert "must read" not in err


def test_another_address_of_loopback_gets_a_certificate_and_a_line_of_its_own_and_disturbs_nobody(
    tmp_path: Path,
) -> None:
    home = {"XDG_STATE_HOME": str(tmp_path), "HOME": str(tmp_path)}
    folder = tmp_path / "livechat" / "tls"
    quick = ("--tls", "--speech", "tones")
    with serving(*quick, env=home) as (_, first), serving(*quick, "--host", "127.0.0.5", env=home) as (other, second):
        for url, file in ((first, "localhost.pem"), (second, "localhost+127.0.0.5.pem")):
            trust = ssl.create_default_context(cafile=str(folder / file))
            assert "408" in asyncio.run(turn(url, "what is 17 times 24?", trust=trust))
        *_, err = ended(other, signal.SIGTERM)
    base = second.replace("wss", "https")
    assert f"SSL_CERT_FILE={folder / 'localhost+127.0.0.5.pem'} GOOGLE_GEMINI_BASE_URL={base} " in err


def test_who_starts_it_can_wait_for_its_url_on_a_descriptor() -> None:
    reading, writing = os.pipe()
    ready = ("--speech", "tones", "--ready-fd", str(writing))
    with open(reading, encoding="ascii") as told, serving(*ready, hand_on=[writing]) as (_, url):
        os.close(writing)
        assert told.read() == f"{url}\n"


def test_nobody_who_only_stands_at_the_door_keeps_others_from_it() -> None:
    assert files_wanted(1000) > 1000 + WAITING


def test_a_thousand_clients_find_open_files_enough() -> None:
    limits = "import resource; resource.setrlimit(resource.RLIMIT_NOFILE, (256, 4096));"
    code = f"{limits} from livechat.commands.serve import allow_files; allow_files(1256);"
    shown = f"{code} print(resource.getrlimit(resource.RLIMIT_NOFILE)); allow_files(9999);"
    whole = f"{shown} print(resource.getrlimit(resource.RLIMIT_NOFILE))"
    run = subprocess.run([sys.executable, "-c", whole], env=environment(), capture_output=True, text=True, check=True)
    assert run.stdout.splitlines() == ["(1256, 4096)", "(4096, 4096)"]
