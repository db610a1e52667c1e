// Runs the npm package @met4citizen/headaudio outside of a browser: node headaudio.mjs PACKAGE SOUND... Each SOUND is raw
// float32 at 16 kHz. Writes SOUND.json: the "names" of the fifteen visemes, and their values every 10 ms as "track",
// [time][viseme].
import { readFile, writeFile } from "node:fs/promises";
import { pathToFileURL } from "node:url";

const [folder, ...sounds] = process.argv.slice(2);
const load = (name) => import(pathToFileURL(`${folder}/${name}`));
// The package's animating class extends a class of browsers; only its method `update` is used here.
globalThis.AudioWorkletNode = class { constructor() { this.port = {}; } };
const { Processor } = await load("modules/processor.mjs");
const { HeadAudio } = await load("modules/headaudio.mjs");
const { Training } = await load("modules/training.mjs");
const binary = await readFile(`${folder}/dist/model-en-mixed.bin`);
globalThis.fetch = async () => ({
  ok: true,
  arrayBuffer: async () => binary.buffer.slice(binary.byteOffset, binary.byteOffset + binary.byteLength),
});

for (const sound of sounds) {
  const bytes = await readFile(sound);
  const samples = new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
  const face = new HeadAudio(null, { processorOptions: {} });
  const worklet = {
    port: {
      postMessage: (data) => {
        face._onmessage({ data });
        // Version 0.1.0 treats viseme number 0, "aa", as none. Without this correction no "aa" would open the mouth.
        if (data.event === "viseme" && data.viseme === 0) face.visemeActive = 0;
      },
    },
  };
  // The settings of the package's own example.
  const parameterData = { vadGateActiveDb: -40, vadGateInactiveDb: -60 };
  const processor = new Processor({ sampleRate: 16000, speakerMeanHz: 150, parameterData }, worklet);
  const { model } = await new Training().loadModel("model-en-mixed.bin");
  processor._onmessage({ data: { event: "model", reset: true, model } });
  const values = new Map(face.visemeNames.map((name) => [name, 0]));
  face.onvalue = (name, value) => values.set(name, value);
  const track = [];
  for (let start = 0; start < samples.length; start += 160) {
    processor.process(samples.subarray(start, start + 160));
    face.update(10);
    track.push([...values.values()]);
  }
  await writeFile(`${sound}.json`, JSON.stringify({ names: face.visemeNames, track }));
}
