// Holds one play with a Live server through the unmodified Firebase AI Logic; prints a line of JSON for all that happens.
//
//   NODE_PATH=.venv/judges/node_modules node firebase.mjs PLAY http://127.0.0.1:PORT
//
// Firebase knows one host only, so the WebSocket of this program leads every address to the server instead; path and
// query stay. The lines are those of google_genai.mjs; what is got is what Firebase makes of a message, under its type.

import { createRequire } from "node:module";

import { BLOCKS, CLOCK, LOUD, SILENT, SPEAKS, WRITES, perform, sound, tell } from "./play.mjs";

const require = createRequire(import.meta.url);
const { initializeApp } = require("firebase/app");
const { GoogleAIBackend, VertexAIBackend, getAI, getLiveGenerativeModel } = require("firebase/ai");

const SPOKEN = { responseModalities: ["AUDIO"], inputAudioTranscription: {}, outputAudioTranscription: {} };
const WRITTEN = { responseModalities: ["TEXT"] };

function client(baseUrl) {
  globalThis.WebSocket = class extends WebSocket {
    constructor(address) {
      const { pathname, search } = new URL(address);
      super(`${baseUrl.replace("http:", "ws:")}${pathname}${search}`);
      this.addEventListener("close", ({ code, reason }) => tell({ closed: [code, reason] }));
    }
  };
  return initializeApp({ apiKey: "x", projectId: "p", appId: "a" });
}

/** An open conversation, whose messages are printed as they are read. */
class Talk {
  static async open(app, params, { backend = new GoogleAIBackend(), resumption } = {}) {
    const talk = new Talk();
    talk.session = await getLiveGenerativeModel(getAI(app, { backend }), params).connect(resumption);
    tell({ opened: true });
    talk.messages = talk.session.receive();
    return talk;
  }

  /** The next message that is wanted; nothing if the server closes before. */
  async next(wanted) {
    for (;;) {
      const { value: message, done } = await this.messages.next();
      if (done) return undefined;
      const { type, ...rest } = message;
      tell({ got: { [type]: rest } });
      if (wanted(message)) return message;
    }
  }

  turnEnds() {
    return this.next((message) => message.turnComplete);
  }

  async asks(text) {
    await this.session.send(text);
    await this.turnEnds();
  }

  async speaks(sample, milliseconds) {
    for (const audio of sound(sample, milliseconds)) await this.session.sendAudioRealtime(audio);
  }

  async resume(handle) {
    await this.session.resumeSession({ handle });
    tell({ opened: true });
    this.messages = this.session.receive();
  }

  close() {
    return this.session.close();
  }
}

const plays = {
  async text(app) {
    const talk = await Talk.open(app, { model: WRITES, generationConfig: WRITTEN });
    await talk.asks("hi");
    await talk.asks("and again");
    await talk.close();
  },

  async vertex(app) {
    const backend = new VertexAIBackend();
    const talk = await Talk.open(app, { model: WRITES, generationConfig: WRITTEN }, { backend });
    await talk.asks("hi");
    await talk.close();
  },

  async spoken(app) {
    const talk = await Talk.open(app, { model: SPEAKS, generationConfig: SPOKEN });
    await talk.speaks(LOUD, 500);
    await talk.speaks(SILENT, 1000);
    await talk.turnEnds();
    await talk.close();
  },

  async barge_in(app) {
    const talk = await Talk.open(app, { model: SPEAKS, generationConfig: SPOKEN });
    await talk.session.send("a story");
    await talk.next((message) => message.modelTurn);
    await talk.speaks(LOUD, 200);
    await talk.turnEnds();
    await talk.close();
  },

  async tool_call(app) {
    const talk = await Talk.open(app, { model: BLOCKS, generationConfig: SPOKEN, tools: [CLOCK] });
    await talk.session.send("what time is it in Rome?");
    const { functionCalls } = await talk.next((message) => message.type === "toolCall");
    const [{ id, name }] = functionCalls;
    await talk.session.sendFunctionResponses([{ id, name, response: { output: "ten" } }]);
    await talk.turnEnds();
    await talk.close();
  },

  async go_away(app) {
    const talk = await Talk.open(app, { model: WRITES, generationConfig: WRITTEN }, { resumption: {} });
    await talk.session.send("my name is Ada");
    let handle, leaving;
    await talk.next((message) => {
      handle = message.newHandle ?? handle;
      leaving ||= message.type === "goingAwayNotice";
      return handle && leaving;
    });
    await talk.resume(handle);
    await talk.asks("what is my name?");
    await talk.close();
  },

  async refusal(app) {
    const speechConfig = { voiceConfig: { prebuiltVoiceConfig: { voiceName: "Nobody" } } };
    await Talk.open(app, { model: SPEAKS, generationConfig: { ...SPOKEN, speechConfig } });
  },

  async error_close(app) {
    const talk = await Talk.open(app, { model: SPEAKS, generationConfig: SPOKEN });
    await talk.session.sendAudioRealtime({ data: "AAAA", mimeType: "audio/opus" });
    await talk.next(() => false);
  },
};

await perform(plays, client);
