// What the plays of all JavaScript judges have in common: the models, the sound, and the lines that they print.

export const WRITES = "gemini-2.0-flash-live-001";
export const SPEAKS = "gemini-3.8-live";
export const BLOCKS = "gemini-2.5-flash-native-audio-preview-12-2025";
export const THINKS = "gemini-3.8-live-extended-thinking";
export const CLOCK = { functionDeclarations: [{ name: "get_time", description: "Tells the time of a city." }] };
export const LOUD = [0x10, 0x27]; // a sample of what pretended speech takes for a voice
export const SILENT = [0, 0];

const FRAME_BYTES = 640; // 20 ms of 16 kHz s16le

/** So much sound, in blobs of 20 ms. */
export function sound(sample, milliseconds) {
  const data = Buffer.alloc(FRAME_BYTES, Buffer.from(sample)).toString("base64");
  return Array.from({ length: milliseconds / 20 }, () => ({ data, mimeType: "audio/pcm;rate=16000" }));
}

/** Prints a line of JSON; sound as its length in bytes. */
export function tell(line) {
  const size = (value) => (typeof value === "string" ? Buffer.byteLength(value, "base64") : value);
  console.log(JSON.stringify(line, (key, value) => (key === "data" ? size(value) : value)));
}

/** Holds the play that the command line names, with a client for the URL that it names. */
export async function perform(plays, client) {
  const [play, baseUrl] = process.argv.slice(2);
  try {
    await plays[play](client(baseUrl), baseUrl);
  } catch (error) {
    tell({ refused: error.message });
  }
}
