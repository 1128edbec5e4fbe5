// Holds one play with a Live server through the unmodified @google/genai; prints a line of JSON for all that happens.
//
//   NODE_PATH=.venv/judges/node_modules node google_genai.mjs PLAY http://127.0.0.1:PORT
//
// The lines: {"opened": true}, {"got": message}, {"refused": words}, {"closed": [code, reason]}, and what a play adds of
// its own. Sound is printed as its length in bytes. What the lines ought to be is the matter of test_judge_js_genai.py.

import { createRequire } from "node:module";

import { BLOCKS, CLOCK, LOUD, SILENT, SPEAKS, THINKS, WRITES, perform, sound, tell } from "./play.mjs";

const { GoogleGenAI } = createRequire(import.meta.url)("@google/genai");

const SPOKEN = {
  responseModalities: ["AUDIO"],
  inputAudioTranscription: {},
  outputAudioTranscription: {},
  realtimeInputConfig: { automaticActivityDetection: { silenceDurationMs: 300 } },
};
const WRITTEN = { responseModalities: ["TEXT"] };

/** An open conversation, whose messages are printed as they come and can be waited for. */
class Talk {
  #messages = [];
  #wake = () => {};
  #closed = false;

  static async open(ai, model, config) {
    const talk = new Talk();
    talk.session = await ai.live.connect({ model, config, callbacks: talk.callbacks() });
    tell({ opened: true });
    return talk;
  }

  callbacks() {
    return {
      onmessage: (message) => this.#take(message),
      onclose: (event) => {
        tell({ closed: [event.code, event.reason] });
        this.#closed = true;
        this.#wake();
      },
    };
  }

  #take(message) {
    tell({ got: message });
    this.#messages.push(message);
    this.#wake();
  }

  /** The next message that is wanted; nothing if the server closes before. */
  async next(wanted) {
    for (;;) {
      while (this.#messages.length) {
        const message = this.#messages.shift();
        if (wanted(message)) return message;
      }
      if (this.#closed) return undefined;
      await new Promise((resolve) => (this.#wake = resolve));
    }
  }

  turnEnds() {
    return this.next((message) => message.serverContent?.turnComplete);
  }

  async asks(text) {
    this.session.sendClientContent({ turns: text });
    await this.turnEnds();
  }

  speaks(sample, milliseconds) {
    for (const audio of sound(sample, milliseconds)) this.session.sendRealtimeInput({ audio });
  }

  answers(call, response, scheduling) {
    const answer = { id: call.id, name: call.name, response, ...(scheduling && { scheduling }) };
    this.session.sendToolResponse({ functionResponses: [answer] });
  }

  close() {
    this.session.close();
    return this.next(() => false);
  }
}

const plays = {
  async text(ai) {
    const talk = await Talk.open(ai, WRITES, WRITTEN);
    await talk.asks("hi");
    await talk.asks("and again");
    await talk.close();
  },

  async live_text(ai) {
    const talk = await Talk.open(ai, WRITES, WRITTEN);
    talk.session.sendRealtimeInput({ text: "Are you there?" });
    await talk.turnEnds();
    await talk.close();
  },

  async vertex(_, baseUrl) {
    const ai = new GoogleGenAI({ vertexai: true, apiKey: "x", httpOptions: { baseUrl } });
    const talk = await Talk.open(ai, WRITES, WRITTEN);
    await talk.asks("hi");
    await talk.close();
  },

  async spoken(ai) {
    const talk = await Talk.open(ai, SPEAKS, SPOKEN);
    talk.speaks(LOUD, 500);
    talk.speaks(SILENT, 1000);
    await talk.turnEnds();
    await talk.close();
  },

  async barge_in(ai) {
    const talk = await Talk.open(ai, SPEAKS, SPOKEN);
    talk.session.sendClientContent({ turns: "a story" });
    await talk.next((message) => message.serverContent?.modelTurn);
    talk.speaks(LOUD, 200);
    await talk.turnEnds();
    await talk.close();
  },

  async tool_call(ai) {
    const talk = await Talk.open(ai, BLOCKS, { ...SPOKEN, tools: [CLOCK] });
    talk.session.sendRealtimeInput({ text: "what time is it in Rome?" });
    const { toolCall } = await talk.next((message) => message.toolCall);
    talk.answers(toolCall.functionCalls[0], { output: "ten" });
    await talk.turnEnds();
    await talk.close();
  },

  async background_call(ai) {
    const talk = await Talk.open(ai, SPEAKS, { ...SPOKEN, tools: [CLOCK] });
    talk.session.sendClientContent({ turns: "what time is it in Rome?" });
    const { toolCall } = await talk.next((message) => message.toolCall);
    await talk.turnEnds();
    talk.answers(toolCall.functionCalls[0], { output: "ten" }, "INTERRUPT");
    await talk.turnEnds();
    await talk.close();
  },

  async call_without_id(ai) {
    const talk = await Talk.open(ai, SPEAKS, SPOKEN);
    try {
      talk.session.sendToolResponse({ functionResponses: [{ name: "get_time", response: {} }] });
    } catch (error) {
      tell({ refused: error.message });
    }
    await talk.close();
  },

  async go_away(ai) {
    const config = (handle) => ({ ...WRITTEN, sessionResumption: { handle } });
    const first = await Talk.open(ai, WRITES, config());
    first.session.sendClientContent({ turns: "my name is Ada" });
    let handle, leaving;
    await first.next((message) => {
      handle = message.sessionResumptionUpdate?.newHandle ?? handle;
      leaving ||= message.goAway;
      return handle && leaving;
    });
    await first.close();
    const second = await Talk.open(ai, WRITES, config(handle));
    await second.asks("what is my name?");
    await second.close();
  },

  async overstay(ai) {
    const talk = await Talk.open(ai, WRITES, WRITTEN);
    await talk.next(() => false);
  },

  async refusal(ai) {
    const speechConfig = { voiceConfig: { prebuiltVoiceConfig: { voiceName: "Nobody" } } };
    await Talk.open(ai, SPEAKS, { ...SPOKEN, speechConfig });
  },

  async error_close(ai) {
    const talk = await Talk.open(ai, SPEAKS, SPOKEN);
    talk.session.sendRealtimeInput({ audio: { data: "AAAA", mimeType: "audio/opus" } });
    await talk.next(() => false);
  },

  async extended_thinking(ai) {
    const thinkingConfig = { thinkingLevel: "HIGH", includeThoughts: true };
    const talk = await Talk.open(ai, THINKS, { ...SPOKEN, thinkingConfig });
    talk.session.sendClientContent({ turns: "think hard" });
    await talk.next((message) => message.serverContent?.interactionStatus === "IDLE");
    await talk.close();
  },

  async context_update(ai) {
    const talk = await Talk.open(ai, SPEAKS, { ...SPOKEN, tools: [CLOCK], systemInstruction: "Be long." });
    talk.session.sendContextUpdate({ systemInstruction: "Be short." });
    await talk.asks("hi");
    talk.session.sendContextUpdate({ tools: { tools: [] } });
    await talk.asks("hi");
    await talk.close();
  },

  async token(_, baseUrl) {
    const httpOptions = { baseUrl, apiVersion: "v1alpha" };
    const ai = new GoogleGenAI({ apiKey: "x", httpOptions });
    const liveConnectConstraints = { model: WRITES, config: WRITTEN };
    const token = await ai.authTokens.create({ config: { uses: 1, liveConnectConstraints } });
    tell({ token: token.name });
    const guest = new GoogleGenAI({ apiKey: token.name, httpOptions });
    const talk = await Talk.open(guest, WRITES, WRITTEN);
    await talk.asks("hi");
    await talk.close();
    await Talk.open(guest, WRITES, WRITTEN);
  },

  async music(_, baseUrl) {
    const ai = new GoogleGenAI({ apiKey: "x", httpOptions: { baseUrl, apiVersion: "v1alpha" } });
    const talk = new Talk();
    const session = await ai.live.music.connect({ model: "lyria-realtime-exp", callbacks: talk.callbacks() });
    await session.setWeightedPrompts({ weightedPrompts: [{ text: "techno", weight: 1 }] });
    await session.setMusicGenerationConfig({ musicGenerationConfig: { bpm: 120 } });
    session.play();
    for (let heard = 0; heard < 3; heard++) await talk.next((message) => message.serverContent?.audioChunks);
    session.stop();
    session.close();
    await talk.next(() => false);
  },
};

await perform(plays, (baseUrl) => new GoogleGenAI({ apiKey: "x", httpOptions: { baseUrl } }));
