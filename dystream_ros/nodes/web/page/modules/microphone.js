// The microphone of the browser: opened, sent, muted; which device; what is said when it cannot be had.

import { ofBrowser } from "./storage.js";
import { texts } from "./texts.js";

const ASKED = { echoCancellation: true, noiseSuppression: true, autoGainControl: true, channelCount: 1 };
const FRAME_MS = 20;

/** Events: "change", "problem" (detail: a sentence). */
export class Microphone extends EventTarget {
  constructor(connection, media) {
    super();
    this.open = false; // sound is sent
    this.busy = false;
    this.device = ofBrowser.get("microphone") ?? "";
    this._connection = connection;
    this._media = media;
    this._stream = null;
    this._wanted = false; // to be opened as soon as the device is there
    this._turn = 0; // of what was asked for last: an older answer of the browser is void
    // Who has lost the seat is not listened to any longer: the browser's sign for the microphone goes out. The notice
    // of the seat says who has it now.
    connection.on("microphone", ({ open }) => !open && this.open && this.release());
    connection.on("seat_lost", ({ seat }) => seat !== "control" && this.release());
    connection.on("state", (state) => {
      if (state !== "online") this._paused = this._paused || this.open;
    });
    // A page that returns in time has its seat again, and goes on speaking.
    connection.on("seats", ({ seats }) => {
      if (!this._paused) return;
      this._paused = false;
      if ([seats.visitor, seats.telepresence].some((seat) => seat?.you)) this._resend();
      else this._ended(texts.microphone.lost);
    });
    media.addEventListener("path", () => this.open && !this._paused && this._resend());
  }

  /** Ask for the device, if it is not there yet; false (and mostly a "problem") when it cannot be had. */
  async prepare() {
    if (this._stream?.getAudioTracks()[0].readyState === "live") return true;
    if (!navigator.mediaDevices?.getUserMedia) return this._problem(texts.microphone.insecure);
    const turn = ++this._turn;
    this._set({ busy: true });
    let stream;
    try {
      const device = this.device ? { deviceId: { ideal: this.device } } : {};
      stream = await navigator.mediaDevices.getUserMedia({ audio: { ...ASKED, ...device } });
    } catch (error) {
      const known = { NotAllowedError: texts.microphone.denied, NotFoundError: texts.microphone.none };
      return turn === this._turn && this._problem(known[error.name] ?? texts.microphone.failed(error.message));
    } finally {
      if (turn === this._turn) this._set({ busy: false });
    }
    if (turn !== this._turn) {
      // Released, or another device was chosen, while the browser asked.
      stream.getTracks().forEach((track) => track.stop());
      return false;
    }
    this._stream = stream;
    stream.getAudioTracks()[0].onended = () => stream === this._stream && this._ended(texts.microphone.ended);
    this._measure(stream);
    return true;
  }

  /** Send what is heard, once the device is there; `close` in the meantime wins. Whether it is sent. */
  async start() {
    this._wanted = true;
    if (!this.open && (await this.prepare()) && this._wanted && !this.open) {
      this._set({ open: true });
      await this._resend();
    }
    return this.open;
  }

  close() {
    this._wanted = this._paused = false;
    if (!this.open) return;
    this._connection.send("close_microphone");
    this._media.sendMicrophone(null);
    this._set({ open: false });
  }

  /** End the use of the device: the browser's sign for the microphone goes out. */
  release() {
    this.close();
    this._stop();
    this._set({ busy: false });
  }

  async choose(device) {
    this.device = device;
    ofBrowser.set("microphone", device);
    if (!this._stream && !this.busy) return;
    this._stop();
    const wanted = this._wanted;
    if (await this.prepare()) {
      if (this.open) await this._resend();
      else if (wanted && this._wanted) await this.start();
    } else if (!this._stream && !this.busy) this.close();
  }

  async devices() {
    const all = (await navigator.mediaDevices?.enumerateDevices()) ?? [];
    return all.filter((each) => each.kind === "audioinput" && each.deviceId !== "default");
  }

  /** Level of the microphone itself in dBFS; -100 for silence. */
  level() {
    if (!this._analyser) return -100;
    this._analyser.getFloatTimeDomainData(this._samples);
    let power = 0;
    for (const sample of this._samples) power += sample * sample;
    return Math.max(-100, 10 * Math.log10(power / this._samples.length + 1e-10));
  }

  /** ms from the sound to its being sent, as far as the browser tells. */
  captureDelay() {
    const track = this._stream?.getAudioTracks()[0];
    return this.open && track ? 1000 * (track.getSettings().latency ?? 0.01) + FRAME_MS : null;
  }

  async _resend() {
    const track = this._stream?.getAudioTracks()[0];
    if (!track) return;
    const path = await this._media.sendMicrophone(track);
    if (this.open) this._connection.send("open_microphone", { path });
  }

  /** It ended without the user's doing. */
  _ended(reason) {
    this.release();
    if (reason) this._problem(reason);
  }

  _stop() {
    this._turn++;
    this._stream?.getTracks().forEach((track) => track.stop());
    this._source?.disconnect();
    this._stream = this._source = this._analyser = null;
  }

  async _measure(stream) {
    await this._media.unlock();
    const context = this._media.audioContext;
    if (stream !== this._stream || !context) return;
    this._analyser = context.createAnalyser();
    this._analyser.fftSize = 1024;
    this._samples = new Float32Array(this._analyser.fftSize);
    this._source = context.createMediaStreamSource(stream);
    this._source.connect(this._analyser);
  }

  _problem(text) {
    this.dispatchEvent(new CustomEvent("problem", { detail: text }));
    return false;
  }

  _set(changes) {
    Object.assign(this, changes);
    this.dispatchEvent(new CustomEvent("change"));
  }
}
