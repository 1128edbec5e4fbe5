"""Claims about the environment of a server of tools: no key of ours is in it, however it got there."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livechat.credentials import OTHER_SECRETS, VARIABLES
from livechat.tools.mcp_environment import environment_of, missing_in

SECRETS = (*VARIABLES, *OTHER_SECRETS)


def test_a_child_has_what_every_program_needs_and_what_it_is_given() -> None:
    ours = {"PATH": "/bin", "LC_ALL": "C", "EDITOR": "vi", "GITHUB_TOKEN": "ghp", "AWS_SECRET": "s"}
    given_ = {"TOKEN": "$GITHUB_TOKEN", "TZ": "UTC", "NONE": "$NO_SUCH", "PRICE": "$5"}
    assert environment_of(ours, given_) == {
        "PATH": "/bin",
        "LC_ALL": "C",
        "TOKEN": "ghp",
        "TZ": "UTC",
        "PRICE": "$5",
    }
    assert missing_in(ours, given_) == ["NO_SUCH"]


@pytest.mark.parametrize("name", SECRETS)
def test_no_key_of_ours_comes_through(name: str) -> None:
    ours = {name: "AIzaVerySecret", "HOME": "/home/AIzaVerySecret"}
    given_ = {name: "other", "A": "AIzaVerySecret", "B": f"${name}", "C": "x AIzaVerySecret y", "D": "fine"}
    assert environment_of(ours, given_) == {"D": "fine"}


@given(
    st.dictionaries(st.sampled_from([*SECRETS, "PATH", "HOME", "TERM"]), st.sampled_from(["k1secret", "k2secret"])),
    st.dictionaries(
        st.sampled_from([*SECRETS, "A", "B"]), st.sampled_from(["$GEMINI_API_KEY", "xk1secret", "$PATH", "y"])
    ),
)
def test_whatever_is_given_no_secret_is_in_a_value(ours: dict[str, str], given_: dict[str, str]) -> None:
    secrets = {ours[name] for name in SECRETS if name in ours}
    child = environment_of(ours, given_)
    assert not set(SECRETS) & child.keys()
    assert not any(secret in value for value in child.values() for secret in secrets)
