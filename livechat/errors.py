"""Every way livechat can fail, as one tree.

LivechatError                      exit 1     something we did not foresee; everything below is foreseen
├── UsageError                     exit 2     the command line or a call asks for what does not exist
├── LocalProtocolError             exit 1     our own program broke the protocol
├── RemoteProtocolError            exit 76    the other side broke the protocol
├── BadInput                       exit 65    the data given cannot be what it says it is
├── MissingInput                   exit 66    the file given is not there, or cannot be read
├── Unreachable                    exit 69    no conversation with this server at this address
│   ├── ModelUnavailable           exit 69    the server does not offer this model
│   └── SessionClosed              exit 69    the session is over, and something more was wanted of it
├── DeviceError                    exit 74    a microphone, a speaker or a disk refuses
├── TryLater                       exit 75    the server fails now and may not later
│   ├── QuotaExceeded              exit 75    the key has used up what it may use
│   └── Unanswered                 exit 75    the server accepted the words and said nothing
├── RequestRejected                exit 76    the server calls our request invalid (1007)
├── AccessDenied                   exit 77    no key, a refused key, or a key without this right
├── ConfigError                    exit 78    the configuration file cannot be followed
└── TimeLimit                      exit 124   --timeout has passed

Facts are attributes, the sentence is made in `__str__`, and `hint` says what to do now.
The exit codes are those of sysexits.h where it has one.
"""

from __future__ import annotations

from typing import ClassVar


class LivechatError(Exception):
    """What happened (`what`), what to do about it (`hint`), and how the process ends (`exit_code`).

    `why` is the cause in one more sentence where the first does not hold it.
    A hint may have several lines; each is something the reader can do, commands as they are typed.
    """

    exit_code: ClassVar[int] = 1

    def __init__(self, what: str, *, why: str = "", hint: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.why = why
        self.hint = hint

    def __str__(self) -> str:
        return self.what


class UsageError(LivechatError):
    """A call, or the command line, asks for what does not exist or cannot be."""

    exit_code = 2


class LocalProtocolError(LivechatError):
    """What we were about to send is not this protocol: a mistake of ours, or a message too long."""

    exit_code = 1


class RemoteProtocolError(LivechatError):
    """The other side sent a frame that is not this protocol.

    `excerpt` is the beginning of that frame, at most `EXCERPT` characters, undisarmed: it is foreign
    text and passes the terminal's gate like any other.
    """

    exit_code = 76
    EXCERPT: ClassVar[int] = 120

    def __init__(self, problem: str, frame: str | bytes = b"") -> None:
        head = frame[: self.EXCERPT]
        self.problem = problem
        self.excerpt: str = head.decode("utf-8", "replace") if isinstance(head, bytes) else head
        super().__init__(problem)

    def __str__(self) -> str:
        return f"{self.problem}: {self.excerpt!r}" if self.excerpt else self.problem


class BadInput(LivechatError):
    """The data given cannot be what it says it is: no sound, no picture, no text."""

    exit_code = 65


class MissingInput(LivechatError):
    """The file given is not there, or cannot be read."""

    exit_code = 66


class Unreachable(LivechatError):
    """There is no conversation with this server at this address."""

    exit_code = 69


class ModelUnavailable(Unreachable):
    """The server does not offer this model."""


class SessionClosed(Unreachable):
    """The session is over, by whichever side, and something more was wanted of it."""


class DeviceError(LivechatError):
    """A microphone, a speaker, a disk or a port refuses."""

    exit_code = 74


class TryLater(LivechatError):
    """The server fails now and may not later."""

    exit_code = 75


class QuotaExceeded(TryLater):
    """The key has used up what it may use."""


class Unanswered(TryLater):
    """The server accepted the words and said nothing."""


class RequestRejected(LivechatError):
    """The server calls our request invalid (close code 1007)."""

    exit_code = 76


class AccessDenied(LivechatError):
    """There is no key, the key is refused, or it lacks this right."""

    exit_code = 77


class ConfigError(LivechatError):
    """The configuration file, or a scenario, cannot be followed."""

    exit_code = 78


class TimeLimit(LivechatError):
    """The time given with `--timeout` has passed."""

    exit_code = 124
