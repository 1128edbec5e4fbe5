"""Speech to text: whisper tiny.en on one core, with its window cut to what was said.

Whisper always looks at 30 seconds; most of its time goes into the silence behind a short question. A window of
`max(10 s, length + 3 s)` takes a fifth of that time. Shorter windows make the decoder repeat itself, and now and then
this one does too: then, or when the decoder doubts its words, the full 30 seconds are tried.
"""

from __future__ import annotations

import hashlib
import math
import re
import threading
import zlib
from collections import OrderedDict
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from livechat.server import models

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float32]

RATE = 16_000
HOP = 160
FFT = 400
FULL_WINDOW_S = 30.0
SHORT_WINDOW_S = 10.0
MARGIN_S = 3.0
PIECE_S = 15.0
EARLIEST_CUT_S = 9.0
CUT_WIDTH = RATE // 5  # a cut goes through the middle of the quietest 200 ms

BEAM = 5  # costs a tenth more time than 1; on short human clips a quarter of the errors goes (7.4 to 5.7 %)
DOUBT = -1.0  # mean log probability of a token below which the words are tried again
NOBODY = 0.6  # chance that nobody spoke above which that is believed: speech stays below 0.35, noise above 0.75
UNSURE = -0.5  # unless the words are clearer than any that whisper makes up
REPETITION = 2.0  # text that zlib shrinks by more than this repeats itself
REMEMBERED_PIECES = 32


@dataclass(frozen=True)
class Guess:
    """What one decoding came to: the words, the mean log probability of its tokens, the chance that nobody spoke."""

    text: str
    score: float
    no_speech: float

    @property
    def repeats(self) -> bool:
        """True if the last three words were said before, or the letters hardly differ: the decoder may be in a loop."""
        data = self.text.encode()
        words = re.findall(r"\w+", self.text.lower())
        runs = list(zip(words, words[1:], words[2:], strict=False))
        return any(run == runs[-1] for run in runs[:-1]) or len(data) / len(zlib.compress(data)) > REPETITION

    @property
    def doubtful(self) -> bool:
        return self.score < DOUBT or self.repeats

    @property
    def silence(self) -> bool:
        """True for what whisper makes up when nobody speaks."""
        return not any(c.isalnum() for c in self.text) or (self.no_speech > NOBODY and self.score < UNSURE)


class Decoder(Protocol):
    """Whisper behind its types: log-mel features [n_mels, frames] in, the best guess out. Thread-safe."""

    n_mels: int

    def __call__(self, features: Floats, max_tokens: int) -> Guess: ...


class Transcriber:
    """Turns speech into text. English only; thread-safe: calls queue up behind the one decoder."""

    def __init__(self, decoder: Decoder) -> None:
        self._decoder = decoder
        self._filters = mel_filters(decoder.n_mels)
        self._pieces: OrderedDict[bytes, str] = OrderedDict()
        self._lock = threading.Lock()

    def transcribe(self, pcm: bytes) -> str:
        """The words in `pcm` (16 kHz s16le mono; an odd last byte is left out), "" if nobody speaks.

        Longer than 15 s, it is cut at its quietest moments and read piece by piece. The cuts of a growing recording
        stay where they were and the last pieces are remembered, so guessing again costs only what is new.
        """
        import numpy as np

        samples = np.frombuffer(pcm, "<i2", count=len(pcm) // 2).astype(np.float32) / np.float32(32768)
        *done, last = pieces(samples)
        texts = [self._remembered(piece) for piece in done] + [self._read(last)]
        return " ".join(text for text in texts if text)

    def _remembered(self, piece: Floats) -> str:
        key = hashlib.sha256(piece.tobytes()).digest()
        with self._lock:
            if (known := self._pieces.get(key)) is not None:
                return known
        text = self._read(piece)
        with self._lock:
            self._pieces[key] = text
            while len(self._pieces) > REMEMBERED_PIECES:
                self._pieces.popitem(last=False)
        return text

    def _read(self, samples: Floats) -> str:
        if not samples.size or not samples.any():
            return ""
        seconds = samples.size / RATE
        max_tokens = 12 + int(7 * seconds)
        guess = self._guess(samples, max(SHORT_WINDOW_S, seconds + MARGIN_S), max_tokens)
        if guess.doubtful and not guess.silence:
            full = self._guess(samples, FULL_WINDOW_S, max_tokens)
            guess = max(guess, full, key=lambda g: (not g.repeats, g.score))
        return "" if guess.silence else guess.text

    def _guess(self, samples: Floats, window_s: float, max_tokens: int) -> Guess:
        return self._decoder(log_mel(samples, int(window_s * RATE) // HOP, self._filters), max_tokens)


def pieces(samples: Floats) -> list[Floats]:
    """`samples` as pieces of at most 15 s, cut at the quietest moment between 9 s and 15 s of each."""
    found: list[Floats] = []
    while samples.size > PIECE_S * RATE:
        cut = quietest(samples, int(EARLIEST_CUT_S * RATE), int(PIECE_S * RATE))
        found.append(samples[:cut])
        samples = samples[cut:]
    return [*found, samples]


def quietest(samples: Floats, start: int, end: int) -> int:
    """The middle of the 200 ms between samples `start` and `end` that hold the least energy."""
    import numpy as np

    energy = np.cumsum(np.square(samples[start:end], dtype=np.float64))
    return start + int(np.argmin(energy[CUT_WIDTH:] - energy[:-CUT_WIDTH])) + CUT_WIDTH // 2


def mel_filters(n_mels: int) -> Floats:
    """[n_mels, 201] triangles of equal area on Slaney's mel scale: linear to 1 kHz, logarithmic above.

    Source: Slaney, Auditory Toolbox (1998), as used by Whisper (Radford et al. 2022, section 2.2).
    """
    import numpy as np

    step = math.log(6.4) / 27
    top = 15 + math.log(RATE / 2 / 1000) / step
    mels = [top * i / (n_mels + 1) for i in range(n_mels + 2)]
    edges = [mel * 200 / 3 if mel < 15 else 1000 * math.exp(step * (mel - 15)) for mel in mels]
    bins = np.linspace(0, RATE / 2, FFT // 2 + 1, dtype=np.float64)
    triangles = [
        np.interp(bins, (low, middle, high), (0, 2 / (high - low), 0))
        for low, middle, high in zip(edges, edges[1:], edges[2:], strict=False)
    ]
    return np.array(triangles, np.float32)


def log_mel(samples: Floats, frames: int, filters: Floats) -> Floats:
    """Whisper's features [n_mels, frames] of `samples` with silence behind them up to `frames` (10 ms each)."""
    import numpy as np

    padded = np.pad(samples, (FFT // 2, FFT))
    padded[: FFT // 2] = padded[FFT // 2 + 1 : FFT + 1][::-1]
    spoken = min(frames, samples.size // HOP + 2)
    padded = np.pad(padded, (0, max(0, (spoken - 1) * HOP + FFT - padded.size)))
    window = (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(FFT) / FFT)).astype(np.float32)
    views = np.lib.stride_tricks.sliding_window_view(padded, FFT)[::HOP][:spoken]
    power = np.abs(np.fft.rfft(views * window)) ** 2
    mel = np.full((filters.shape[0], frames), -10, np.float32)
    mel[:, :spoken] = np.log10(np.maximum(filters @ power.T.astype(np.float32), 1e-10))
    return np.ascontiguousarray((np.maximum(mel, mel.max() - 8) + 4) / 4, np.float32)


def byte_alphabet() -> dict[str, int]:
    """The printable characters that stand for the 256 bytes in a byte-level BPE vocabulary (as GPT-2 defined it)."""
    printable = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = [byte for byte in range(256) if byte not in printable]
    return {chr(b): b for b in printable} | {chr(256 + i): b for i, b in enumerate(others)}


class WhisperDecoder:
    """Whisper through ctranslate2, its weights in 8 bits, on one thread."""

    def __init__(self, folder: Path) -> None:
        """Raises whatever ctranslate2 raises for a folder that it cannot read."""
        ctranslate2: Any = import_module("ctranslate2")
        self._engine: Any = ctranslate2.models.Whisper(
            str(folder), device="cpu", compute_type="int8", inter_threads=1, intra_threads=1
        )
        self._storage: Any = ctranslate2.StorageView
        self.n_mels: int = self._engine.n_mels
        self._tokens = (folder / "vocabulary.txt").read_text("utf-8").split("\n")
        self._bytes = byte_alphabet()
        language = ["<|en|>", "<|transcribe|>"] if self._engine.is_multilingual else []
        prompt = ["<|startoftranscript|>", *language, "<|notimestamps|>"]
        self._prompt = [self._tokens.index(token) for token in prompt]

    def __call__(self, features: Floats, max_tokens: int) -> Guess:
        result = self._engine.generate(
            self._storage.from_array(features[None]),
            [self._prompt],
            beam_size=BEAM,
            max_length=len(self._prompt) + max_tokens,
            return_scores=True,
            return_no_speech_prob=True,
        )[0]
        return Guess(self._text(result.sequences_ids[0]), result.scores[0], result.no_speech_prob)

    def _text(self, ids: list[int]) -> str:
        words = (self._tokens[i] for i in ids)
        characters = "".join(word for word in words if not (word.startswith("<|") and word.endswith("|>")))
        return bytes(self._bytes[c] for c in characters).decode("utf-8", "replace").strip()


def load_transcriber(folder: Path | None = None) -> Transcriber:
    """The transcriber with the shipped whisper, or with the one in `folder`. About half a second.

    Raises LivechatError as `models.find` and `models.load` do.
    """
    return Transcriber(models.load(models.find(models.WHISPER, folder), _decoder))


def _decoder(folder: Path) -> WhisperDecoder:
    import numpy as np

    decoder = WhisperDecoder(folder)
    # The first run is a slow one, and shows whether model and vocabulary belong together.
    decoder(np.zeros((decoder.n_mels, int(SHORT_WINDOW_S * RATE) // HOP), np.float32), 1)
    return decoder
