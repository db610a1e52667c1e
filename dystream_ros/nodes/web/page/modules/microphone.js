// The microphone of the browser: opened, sent, muted; which device; what is said when it cannot be had.

import { texts } from "./texts.js";

const ASKED = { echoCancellation: true, noiseSuppression: true, autoGainControl: true, channelCount: 1 };
const FRAME_MS = 20;

/** Events: "change", "problem" (detail: a sentence). */
export class Microphone extends EventTarget {
  constructor(connection, media) {
    super();
    this.open = false; // sound is sent
    this.busy = false;
    this.device = localStorage.getItem("microphone") ?? "";
    this._connection = connection;
    this._media = media;
    this._stream = null;
    connection.on("microphone", ({ open, reason }) => {
      if (open || !this.open) return;
      this._closed();
      if (reason) this._problem(texts.microphone.closed(reason));
    });
    connection.on("state", (state) => {
      if (state !== "online") this._paused = this._paused || this.open;
    });
    // A page that returns in time has its seat again, and goes on speaking.
    connection.on("seats", ({ seats }) => {
      const seated = [seats.visitor, seats.telepresence].some((seat) => seat?.you);
      if (this._paused && seated) {
        this._paused = false;
        this._resend();
      } else if (this._paused) {
        this._paused = false;
        this._closed();
      }
    });
    media.addEventListener("path", () => this.open && this._resend());
  }

  /** Ask for the device, if it is not there yet; false (and a "problem") when it cannot be had. */
  async prepare() {
    if (this._stream?.getAudioTracks()[0].readyState === "live") return true;
    if (!navigator.mediaDevices?.getUserMedia) return this._problem(texts.microphone.insecure);
    this._set({ busy: true });
    try {
      const device = this.device ? { deviceId: { ideal: this.device } } : {};
      this._stream = await navigator.mediaDevices.getUserMedia({ audio: { ...ASKED, ...device } });
    } catch (error) {
      const known = { NotAllowedError: texts.microphone.denied, NotFoundError: texts.microphone.none };
      return this._problem(known[error.name] ?? texts.microphone.failed(error.message));
    } finally {
      this._set({ busy: false });
    }
    this._stream.getAudioTracks()[0].onended = () => {
      this.close();
      this._problem(texts.microphone.ended);
    };
    this._measure();
    return true;
  }

  async start() {
    if (this.open || !(await this.prepare())) return this.open;
    this._set({ open: true });
    await this._resend();
    return true;
  }

  close() {
    if (!this.open) return;
    this._connection.send("close_microphone");
    this._closed();
  }

  /** End the use of the device: the browser's sign for the microphone goes out. */
  release() {
    this.close();
    this._stream?.getTracks().forEach((track) => track.stop());
    this._stream = null;
    this._analyser = null;
    this._set({});
  }

  async choose(device) {
    this.device = device;
    localStorage.setItem("microphone", device);
    if (!this._stream) return;
    const open = this.open;
    this._stream.getTracks().forEach((track) => track.stop());
    this._stream = null;
    if ((await this.prepare()) && open) await this._resend();
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
    const [track] = this._stream.getAudioTracks();
    const path = await this._media.sendMicrophone(track);
    if (this.open) this._connection.send("open_microphone", { path });
  }

  _closed() {
    this._media.sendMicrophone(null);
    this._set({ open: false });
  }

  async _measure() {
    await this._media.unlock();
    this._analyser = this._media.audioContext.createAnalyser();
    this._analyser.fftSize = 1024;
    this._samples = new Float32Array(this._analyser.fftSize);
    this._media.audioContext.createMediaStreamSource(this._stream).connect(this._analyser);
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
