"""What the user says aloud: from the reports of the ears and the words read in them to the Floor."""

from __future__ import annotations

from collections.abc import Callable

from livechat.protocol.parts import Blob, Transcription
from livechat.protocol.server import VadSignalType, VoiceActivityType
from livechat.server import dialect
from livechat.server.acts import BeginUtterance, FlushEars, Listen, Order, Read, Send, Transcribed
from livechat.server.agreement import Agreement, Refusal, Terms
from livechat.server.brain import Said
from livechat.server.ears import SpeechEnded, SpeechPaused, SpeechResumed, SpeechStarted
from livechat.server.floor import Floor
from livechat.server.listening import Listening, Utterance
from livechat.server.setup_reading import sound_rate
from livechat.server.tokens import of_sound


class SpokenInput:
    """One session's. What it orders goes to `order`, in order; what is said goes to the floor."""

    def __init__(self, terms: Terms, floor: Floor, order: Callable[[Order], None]) -> None:
        self._terms = terms
        self._floor = floor
        self._order = order
        self._listening = Listening([turn.hear for turn in terms.scenario.turns])
        self._heard_s = 0.0
        """Of all sound so far."""
        self._covered_ms = 0
        """Of it, up to the end of the last utterance."""

    @property
    def busy(self) -> bool:
        """Somebody speaks, or has spoken and is not read yet."""
        return self._listening.busy

    @property
    def speaking(self) -> bool:
        return self._listening.speaking

    # ---------------------------------------------------------------------------------- what the client sends

    def hear(self, blob: Blob) -> None:
        """The next piece of live sound. Raises Refusal if it is none, or if this server cannot hear."""
        rate = self._rate(blob)
        pcm = blob.data or b""
        self._heard_s += len(pcm) / 2 / rate
        if self._agreed.ears or self.speaking:
            self._order(Listen(pcm, rate))

    def give(self, blob: Blob, *, asks: bool) -> None:
        """Sound that was not spoken just now but given in a content; `asks`: it wants an answer. Raises Refusal."""
        rate = self._rate(blob)
        self._order(Read(self._listening.give(asks=asks), blob.data or b"", rate))

    def begin(self) -> None:
        """The client says that the user's activity starts."""
        if not self.speaking:
            self._order(BeginUtterance())
            self._started(self._now_ms)

    def end(self, now: float) -> None:
        """The client says that it ends."""
        if self.speaking:
            self._listening.mark()
            self._ended(self._now_ms, now)

    def pause(self) -> None:
        """The client says that the stream of sound ends for now."""
        self._listening.mark()
        self._order(FlushEars())

    def _rate(self, blob: Blob) -> int:
        rate = sound_rate(blob.mime_type)
        if self._terms.speech_missing:
            raise Refusal(1008, self._terms.speech_missing)
        return rate

    # ----------------------------------------------------------------------------------- what the ears report

    def started(self, event: SpeechStarted) -> None:
        self._signal("ACTIVITY_START", "VAD_SIGNAL_TYPE_SOS", event.at_ms)
        self._started(event.at_ms)

    def paused(self, _: SpeechPaused) -> None:
        self._order(self._listening.pause())

    def resumed(self, _: SpeechResumed) -> None:
        self._order(self._listening.resume())
        self._floor.drop_guess()

    def ended(self, event: SpeechEnded, now: float) -> None:
        self._signal("ACTIVITY_END", "VAD_SIGNAL_TYPE_EOS", event.speech_end_ms)
        self._ended(event.speech_end_ms, now)

    def transcribed(self, told: Transcribed, now: float) -> None:
        self._listening.read(told.number, told.text, told.spoken_ms)
        self._take_utterances(now)

    def _signal(self, activity: VoiceActivityType, signal: VadSignalType, at_ms: int) -> None:
        if self._agreed.activity:
            self._order(Send(dialect.voice_activity(activity, at_ms)))
        if self._terms.scenario.vad_signals:
            self._order(Send(dialect.vad_signal(signal)))

    def _started(self, at_ms: int) -> None:
        self._listening.start(at_ms)
        if self._agreed.interrupts:
            self._floor.interrupt()

    def _ended(self, at_ms: int, now: float) -> None:
        order = self._listening.end(at_ms)
        if order is not None:
            self._order(order)
        self._take_utterances(now)

    # ------------------------------------------------------------------------------------------ what was said

    def _take_utterances(self, now: float) -> None:
        for utterance in self._listening.take():
            self._take(utterance)
        guess = self._listening.guess
        if guess is not None and guess.text:
            self._tell_interim(guess)
            if self._terms.speculative and self._floor.idle:
                self._floor.guess(guess, now)

    def _tell_interim(self, guess: Utterance) -> None:
        """What is understood so far, while the user may still be speaking."""
        if guess.told or not self._agreed.transcribes_input:
            return
        guess.told = True
        words = Transcription(text=guess.text)
        if self._agreed.interim_timed:
            words = dialect.timed(words, (guess.start_ms, guess.start_ms + guess.spoken_ms), words=False)
        self._order(Send(dialect.hearing(words)))

    def _take(self, utterance: Utterance) -> None:
        if utterance.given:
            self._take_given(utterance)
        elif utterance.text:
            self._take_words(utterance, utterance.text)
        elif utterance.marked:  # who marks an end waits for something
            self._floor.demand()

    def _take_words(self, utterance: Utterance, text: str) -> None:
        if self._agreed.transcribes_input:
            span = (utterance.start_ms, max(utterance.start_ms, utterance.end_ms))
            words = self._agreed.input_words.transcription(text, span, finished=True)
            self._order(Send(dialect.heard(words)))
        unheard = self._unheard(utterance.spoken_ms)
        covered = utterance.spoken_ms + (unheard if self._agreed.coverage == "TURN_INCLUDES_ALL_INPUT" else 0)
        self._floor.take(utterance, of_sound(covered))

    def _take_given(self, utterance: Utterance) -> None:
        self._floor.hear(Said("user", utterance.text or ""), tokens=of_sound(utterance.spoken_ms))
        if utterance.asks:
            self._floor.demand()

    def _unheard(self, spoken_ms: int) -> int:
        """What came since the last utterance, in ms, beside the one that has just ended."""
        before, self._covered_ms = self._covered_ms, self._now_ms
        return max(0, self._now_ms - before - spoken_ms)

    @property
    def _now_ms(self) -> int:
        """How far the session's sound has come."""
        return round(self._heard_s * 1000)

    @property
    def _agreed(self) -> Agreement:
        return self._floor.agreement
