"""What a message is about, by the names that faults use for it."""

from __future__ import annotations

from typing import get_args

import pytest

from livechat.protocol.codec import decode_server_message
from livechat.server.kinds import kinds_of, sounds_in
from livechat.server.scenario import Kind

SOUND = '{"inlineData": {"data": "AAA=", "mimeType": "audio/pcm;rate=24000"}}'
SOUNDS = '{"serverContent": {"modelTurn": {"parts": [{"text": "x"}, ' + SOUND + ", " + SOUND + "]}}}"
FRAMES: list[tuple[str, set[Kind]]] = [
    ("{}", set()),
    ('{"setupComplete": {}}', {"setupComplete"}),
    ('{"serverContent": {}}', set()),
    ('{"serverContent": {"modelTurn": {}}}', set()),
    ('{"serverContent": {"modelTurn": {"parts": [{"text": "x"}]}}}', {"text"}),
    ('{"serverContent": {"modelTurn": {"parts": [{"text": "x", "thought": true}]}}}', {"thought"}),
    (SOUNDS, {"text", "audio"}),
    ('{"serverContent": {"modelTurn": {"parts": [{"inlineData": {"mimeType": "image/png"}}]}}}', set()),
    ('{"serverContent": {"modelTurn": {"parts": [{"functionCall": {"name": "f"}}]}}}', {"toolCall"}),
    ('{"serverContent": {"audioChunks": [{"data": "AAA="}]}}', {"audio"}),
    ('{"serverContent": {"inputTranscription": {"text": "x"}}}', {"inputTranscription"}),
    ('{"serverContent": {"interimInputTranscription": {"text": "x"}}}', {"interimInputTranscription"}),
    ('{"serverContent": {"outputTranscription": {}}}', {"outputTranscription"}),
    ('{"serverContent": {"generationComplete": true}}', {"generationComplete"}),
    ('{"serverContent": {"turnComplete": true}, "usageMetadata": {}}', {"turnComplete", "usageMetadata"}),
    ('{"serverContent": {"turnComplete": false}}', set()),
    ('{"serverContent": {"interrupted": true}}', {"interrupted"}),
    ('{"toolCall": {"functionCalls": [{"name": "f"}]}}', {"toolCall"}),
    ('{"toolCallCancellation": {"ids": ["1"]}}', {"toolCallCancellation"}),
    ('{"goAway": {"timeLeft": "50s"}}', {"goAway"}),
    ('{"sessionResumptionUpdate": {}}', {"sessionResumptionUpdate"}),
    ('{"voiceActivity": {"type": "ACTIVITY_START"}}', {"voiceActivity"}),
    (
        '{"voiceActivityDetectionSignal": {"vadSignalType": "VAD_SIGNAL_TYPE_SOS"}}',
        {"voiceActivityDetectionSignal"},
    ),
    ('{"usageMetadata": {}}', {"usageMetadata"}),
]


@pytest.mark.parametrize(("frame", "kinds"), FRAMES)
def test_a_message_is_of_the_kinds_of_all_that_is_in_it(frame: str, kinds: set[Kind]) -> None:
    assert kinds_of(decode_server_message(frame)) == kinds | {"any"}


def test_there_is_a_message_of_every_kind() -> None:
    assert {kind for _, kinds in FRAMES for kind in kinds} | {"any"} == set(get_args(Kind))


def test_the_sound_of_a_message_is_its_audio_in_order() -> None:
    assert [blob.data for blob in sounds_in(decode_server_message(SOUNDS))] == [b"\0\0", b"\0\0"]
