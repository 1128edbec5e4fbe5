"""What a client asks for at the start, and with what right, in plays of the whole mind."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from livechat.protocol.generations import FAMILIES
from livechat.server.acts import BeSilent, HangUp, Left, OpenEars, Send, Speak, Think, Thought, ThoughtEnded
from livechat.server.agreement import Terms
from livechat.server.auth_tokens import TokenMint
from tests.dialogue_help import (
    AUDIO_MODEL,
    QUICK,
    TEXT_MODEL,
    asks,
    closes,
    connected,
    frame,
    limited,
    session,
    setup,
    thinks,
    types,
    written,
)
from tests.playbook import after, nothing

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
MODEL = f"models/{TEXT_MODEL}"


def granted(terms: Terms = QUICK, *, uses: int = 1, setup: dict[str, object] | None = None, mask: str = "") -> Terms:
    """The terms of a connection that came with an ephemeral token."""
    body: dict[str, object] = {"uses": uses}
    if setup is not None:
        body |= {"bidiGenerateContentSetup": setup, "fieldMask": mask}
    mint = TokenMint()
    mint.mint(json.dumps(body).encode(), NOW, "auth_tokens/x")
    return replace(terms, grant=mint.present("auth_tokens/x", NOW))


# ------------------------------------------------------------------------------------ ephemeral tokens


def test_a_token_opens_as_many_sessions_as_it_has_uses() -> None:
    terms = granted(uses=2)
    for _ in range(2):
        assert connected(terms) >> setup() << Send << OpenEars
    assert connected(terms) >> setup() << BeSilent << closes(1008, "no uses left")


def test_going_on_with_a_session_is_no_use() -> None:
    terms = granted(limited())
    resumable = '{"generationConfig": {"responseModalities": ["TEXT"]}, "sessionResumption": {"handle": "%s"}}'
    play = connected(terms) >> setup(resumable % "") << Send << OpenEars >> asks("I am Ada.", complete=False)
    (update,) = play.take()
    assert isinstance(update, Send)
    news = update.message.session_resumption_update
    assert news is not None
    assert news.new_handle
    assert play >> Left() << nothing
    on = connected(terms) >> setup(resumable % news.new_handle) << Send << OpenEars >> asks("Who am I?")
    think, _ = on.take()
    assert think == thinks(1, ("user", "I am Ada."), ("user", "Who am I?"))
    assert on


def test_a_tokens_setup_replaces_the_clients() -> None:
    theirs = {"systemInstruction": {"parts": [{"text": "Rhyme."}]}}
    text = {"responseModalities": ["TEXT"]}
    whole = granted(setup={"model": MODEL, "generationConfig": text})
    assert connected(whole) >> setup(json.dumps(theirs)) << Send << OpenEars >> asks("x") << thinks(1, ("user", "x"))
    masked = granted(setup={"model": MODEL, "generationConfig": text}, mask="model,generationConfig")
    play = connected(masked) >> setup(json.dumps(theirs), model=AUDIO_MODEL) << Send << OpenEars
    assert play >> asks("x") << thinks(1, ("system", "Rhyme."), ("user", "x"))
    assert play >> Thought(1, "No sound.") << Send


# ---------------------------------------------------------------------------------------------- voices


def test_a_session_speaks_with_the_voice_that_was_asked_for() -> None:
    for voice in ({"prebuiltVoiceConfig": {"voiceName": "Zephyr"}}, {"voice": "zephyr"}):
        fields = {"generationConfig": {"speechConfig": {"voiceConfig": voice}}}
        play = session(json.dumps(fields), model=AUDIO_MODEL) >> types("x") << Think >> Thought(1, "Yes.")
        assert play >> ThoughtEnded(1) << Speak(1, "Yes.", "Zephyr")


def test_consent_to_a_replica_is_signed_with_the_setup() -> None:
    def replica(**fields: str) -> Send:
        voice = {"replicatedVoiceConfig": {"mimeType": "audio/wav", "voiceSampleAudio": "AAEC", **fields}}
        asked = {"generationConfig": {"speechConfig": {"voiceConfig": voice}}}
        complete, *_ = (connected() >> setup(json.dumps(asked), model=AUDIO_MODEL)).take()
        assert isinstance(complete, Send)
        return complete

    done = replica(consentAudio="AQID").message.setup_complete
    assert done is not None
    assert done.voice_consent_signature is not None
    assert done.voice_consent_signature.signature
    again = replica()
    assert again.message.setup_complete is not None
    assert again.message.setup_complete.voice_consent_signature is None


# -------------------------------------------------------------------------------------------- families


@pytest.mark.parametrize("model", [name for family in FAMILIES if not family.music for name in family.models])
def test_every_model_holds_a_session_of_its_family(model: str) -> None:
    needed = {
        "gemini-3.8-live-extended-thinking": {"thinkingConfig": {"thinkingLevel": "LOW"}},
        "gemini-3.5-live-translate-preview": {"translationConfig": {"targetLanguageCode": "de"}},
    }
    assert session(json.dumps({"generationConfig": needed.get(model, {})}), model=model) >> after(60) << nothing


def test_text_goes_the_way_of_the_family() -> None:
    for model in ("gemini-3.8-live", AUDIO_MODEL, TEXT_MODEL):
        assert session(model=model) >> asks("x") << thinks(1, ("user", "x"))
        assert session(model=model) >> types("x") << thinks(1, ("user", "x"))
    assert session(model="gemini-3.1-flash-live-preview") >> types("x") << thinks(1, ("user", "x"))


# ------------------------------------------------------------------------------------------- the frames


def test_a_setup_may_be_spelt_as_python_spells_it() -> None:
    fields: dict[str, object] = {
        "model": MODEL,
        "generation_config": {"response_modalities": ["text"], "top_k": 40.0},
        "system_instruction": {"parts": [{"text": "Rhyme."}]},
        "realtime_input_config": {"automatic_activity_detection": {"prefix_padding_ms": "30"}},
        "context_window_compression": {"trigger_tokens": "1000"},
        "tools": [{"function_declarations": [{"name": "f", "parameters_json_schema": {"a_b": {}}}]}],
    }
    play = connected() >> frame(json.dumps({"setup": fields})) << Send
    (ears,) = play.take()
    assert isinstance(ears, OpenEars)
    assert ears.settings is not None
    assert ears.settings.prefix_padding_ms == 30
    content = {"turns": [{"parts": [{"text": "x"}]}], "turn_complete": True}
    play = play >> frame(json.dumps({"client_content": content}))
    (think,) = play.take()
    assert isinstance(think, Think)
    assert [said.text for said in think.history] == ["Rhyme.", "x"]
    assert think.tools[0].parameters_json_schema == {"a_b": {}}
    assert play


def test_words_in_several_parts_and_turns_are_all_heard() -> None:
    turns = [{"parts": [{"text": "one "}, {"text": "two"}]}, {"role": "user", "parts": [{"text": "three"}]}]
    content = frame(json.dumps({"clientContent": {"turns": turns, "turnComplete": True}}))
    assert written() >> content << thinks(1, ("user", "one two"), ("user", "three"))


@pytest.mark.parametrize("content", ['{"turns": [], "turnComplete": true}', '{"turnComplete": true}', "{}"])
def test_a_content_without_turns_may_ask_for_an_answer_to_nothing(content: str) -> None:
    play = written() >> frame(f'{{"clientContent": {content}}}')
    assert len(play.take()) == ("true" in content)
    assert play


def test_a_client_may_leave_at_any_time() -> None:
    assert connected() >> Left() << nothing >> asks("x") << nothing
    play = written() >> asks("x") << Think >> Left() << nothing >> Thought(1, "Yes.") << nothing
    assert play >> after(100) << nothing


def test_of_a_session_that_was_refused_nothing_is_left() -> None:
    terms = limited()
    play = connected(terms) >> setup('{"sessionResumption": {}}', model="nonsense") << BeSilent << HangUp
    assert play >> Left() << nothing
    assert len(terms.sessions) == 0
