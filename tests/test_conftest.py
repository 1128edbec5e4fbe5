"""The watch over leaks is awake: each kind of leak is found, and what is none is not."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest_plugins = ["pytester"]

PLANTED = """
import asyncio, os, threading
import pytest

kept = []

def test_task():
    async def main():
        asyncio.get_running_loop().create_task(asyncio.sleep(9), name="forgotten")
        await asyncio.sleep(0)
    asyncio.run(main())

def test_thread():
    thread = threading.Thread(target=threading.Event().wait, args=(3,), name="stuck", daemon=True)
    thread.join = lambda timeout: None
    thread.start()

def test_descriptor():
    kept.append(os.open(os.devnull, os.O_RDONLY))

def test_callback():
    async def main():
        asyncio.get_running_loop().call_soon(lambda: 1 / 0)
        await asyncio.sleep(0)
    asyncio.run(main())

def test_innocent():
    async def main():
        task = asyncio.get_running_loop().create_task(asyncio.to_thread(os.getpid))
        await task
    asyncio.run(main())
    with open(os.devnull):
        pass
    soon = threading.Thread(target=threading.Event().wait, args=(0.05,))
    soon.start()

class Cycle:
    def __init__(self):
        self.me, self.file = self, os.open(os.devnull, os.O_RDONLY)
    def __del__(self):
        os.close(self.file)

def test_cycle():
    Cycle()

@pytest.mark.speech
def test_models_stay():
    kept.append(os.open(os.devnull, os.O_RDONLY))
"""


INI = f"""
[tool.pytest.ini_options]
markers = [MARKERS]
pythonpath = ['{Path(__file__).parent.parent}']
"""


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="open descriptors are only told by Linux")
def test_each_kind_of_leak_is_found_and_nothing_else(pytester: pytest.Pytester) -> None:
    pytester.makeconftest(Path(__file__).with_name("conftest.py").read_text())
    pytester.makepyprojecttoml(INI.replace("MARKERS", '"speech"'))
    pytester.makepyfile(PLANTED)
    # In a process of its own: in this one, the leaks would be ours.
    result = pytester.runpytest_subprocess("-p", "no:cacheprovider")
    result.assert_outcomes(passed=7, errors=4)
    result.stdout.fnmatch_lines_random(
        [
            "*left behind: task forgotten",
            "*left behind: thread stuck",
            "*left behind: descriptor * (/dev/null)",
            "*left behind: Exception in callback *ZeroDivisionError*",
        ]
    )


SKIPPED = """
import pytest

@pytest.mark.pulse
@pytest.mark.skip(reason="not installed: pulseaudio")
def test_sound(): pass

@pytest.mark.judge
def test_judge():
    pytest.skip("no time")

@pytest.mark.pulse
@pytest.mark.skip(reason="no root to install what is not installed: pulseaudio")
def test_excused(): pass

@pytest.mark.skip(reason="not for this system")
def test_other(): pass
"""


@pytest.mark.parametrize(("ci", "failed"), [("true", 2), ("", 0)], ids=["in CI", "at home"])
def test_a_judge_that_is_not_there_fails_in_ci_alone(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, ci: str, failed: int
) -> None:
    monkeypatch.setenv("CI", ci)
    pytester.makeconftest(Path(__file__).with_name("conftest.py").read_text())
    pytester.makepyprojecttoml(INI.replace("MARKERS", '"pulse", "judge"'))
    pytester.makepyfile(SKIPPED)
    result = pytester.runpytest_subprocess("-p", "no:cacheprovider")
    outcomes = result.parseoutcomes()
    assert outcomes.get("failed", 0) + outcomes.get("errors", 0) == failed
    assert outcomes["skipped"] >= 2
