// Pictures and sound of the page: WebRTC first, the WebSocket where it does not connect.

import { FallbackMedia } from "./fallback_media.js";
import { RtcMedia } from "./rtc_media.js";

// The WebSocket carries sound and pictures meanwhile: a busy machine may take its time to connect.
const CONNECT_MS = 20000;
// After an interruption: what is on its way is not heard, which takes this long at most; a new utterance at least so long.
const HUSH_MS = 700;
const SHORTEST_HUSH_MS = 350;

/**
 * Events: "path" (detail: webrtc, websocket), "locked" (detail: whether sound needs a gesture of the user first),
 * "problem" (detail: an Error: there is no sound).
 *
 * screens: {faceVideo, faceCanvas, cameraVideo, cameraCanvas}
 */
export class Media extends EventTarget {
  constructor(connection, screens) {
    super();
    this.connection = connection;
    this.screens = screens;
    this.look = { face: true, hear: "self", camera: false, levels: true };
    this.path = "websocket";
    this.locked = true;
    this._fallback = new FallbackMedia(connection, screens);
    // A telephone call stops all sound: "Turn sound on" is there again until it runs.
    this._fallback.onstate = (running) => this._lock(!running);
    this._rtc = null;
    connection.on("welcome", (welcome) => this._begin(welcome));
    connection.on("binary", (buffer) => this._fallback.receive(buffer));
    connection.on("rtc_state", ({ state }) => {
      if (state === "failed" && this._rtc) this._fallBack();
    });
    connection.on("state", (state) => {
      if (state !== "online") this._closeRtc();
    });
    connection.on("speech", ({ event }) => {
      if (event === "barge_in" || event === "interrupted") this.hush();
      else if (event === "began") this._hushUntil = Math.min(this._hushUntil, this._hushedAt + SHORTEST_HUSH_MS);
    });
    this._hushedAt = this._hushUntil = 0;
    document.addEventListener("visibilitychange", () => {
      this._sendLook();
      if (!document.hidden) this._resume();
    });
  }

  get webrtc() {
    return this.path === "webrtc";
  }

  /** What the page shows and hears from now on; fields as of the message `look`. */
  show(changes) {
    Object.assign(this.look, changes);
    this._sendLook();
    this._apply();
  }

  /**
   * Turn sound on; call it in a gesture of the user. What needs the gesture happens before it returns: Safari forgets
   * it while something is awaited.
   */
  async unlock() {
    const opened = this._fallback.unlock();
    this._lock(false);
    try {
      await opened;
    } catch (error) {
      this._lock(true);
      this.dispatchEvent(new CustomEvent("problem", { detail: error }));
    }
  }

  _lock(locked) {
    if (locked === this.locked) return;
    this.locked = locked;
    this._apply();
    this.dispatchEvent(new CustomEvent("locked", { detail: locked }));
  }

  /** After a pause of the page, or a telephone call, browsers have stopped sound and pictures. */
  _resume() {
    this._apply();
    if (!this.locked) this._fallback.resume();
  }

  /** The face is not heard from now on, until it says something else: it was interrupted. */
  hush() {
    const now = performance.now();
    if (!this.look.hear.match(/self|both/) || now < this._hushUntil) return;
    this._hushedAt = now;
    this._hushUntil = now + HUSH_MS;
    this._hear();
  }

  /** Context of all sound of the page. */
  get audioContext() {
    return this._fallback.context;
  }

  /** The track that the microphone is sent with; null ends it. Returns the path that it takes. */
  async sendMicrophone(track) {
    if (this._rtc) {
      await this._rtc.sendMicrophone(track);
      this._fallback.sendMicrophone(null);
    } else {
      await this._fallback.sendMicrophone(track);
    }
    return this.path;
  }

  /** ms from the arrival of a picture to the screen, or null. */
  async playout() {
    return this._rtc ? this._rtc.playout() : this._fallback.playout();
  }

  async _begin(welcome) {
    this._closeRtc();
    this._setPath("websocket");
    this._fallback.reset();
    this._sendLook();
    if (!welcome.webrtc || welcome.media_path === "websocket" || !window.RTCPeerConnection) return;
    const rtc = new RtcMedia(this.connection, this.screens, welcome);
    this._rtcOpening = rtc;
    try {
      await rtc.connect(CONNECT_MS);
    } catch {
      rtc.close();
      if (this._rtcOpening === rtc) this.connection.send("rtc_close"); // else it would close the next one
      return;
    }
    if (this._rtcOpening !== rtc || !this.connection.online) return rtc.close();
    this._rtc = rtc;
    rtc.onlost = () => this._rtc === rtc && this._fallBack();
    this._setPath("webrtc");
    this._sendLook();
  }

  _fallBack() {
    this._closeRtc();
    this.connection.send("rtc_close");
    this._setPath("websocket");
    this._sendLook();
  }

  _closeRtc() {
    this._rtcOpening?.close();
    this._rtcOpening = this._rtc = null;
  }

  _setPath(path) {
    const changed = path !== this.path;
    this.path = path;
    this._apply();
    if (changed) this.dispatchEvent(new CustomEvent("path", { detail: path }));
  }

  _apply() {
    const { faceVideo, faceCanvas, cameraVideo, cameraCanvas } = this.screens;
    faceVideo.hidden = cameraVideo.hidden = !this.webrtc;
    faceCanvas.hidden = cameraCanvas.hidden = this.webrtc;
    this._hear();
    if (this.webrtc) {
      // A browser may refuse sound that it has allowed before; pictures without sound it always plays.
      faceVideo.play().catch((error) => error.name === "NotAllowedError" && this._lock(true));
      if (cameraVideo.srcObject) cameraVideo.play().catch(() => {});
    }
    this._fallback.hears = !this.webrtc && this.look.hear !== "none";
  }

  _hear() {
    const left = this._hushUntil - performance.now();
    this.screens.faceVideo.muted = this.locked || this.look.hear === "none" || left > 0;
    this._fallback.hush(left > 0);
    if (left > 0) setTimeout(() => this._hear(), Math.min(left, 50));
  }

  _sendLook() {
    const hidden = document.hidden;
    const { face, hear, camera, levels } = this.look;
    const seen = { face: face && !hidden, camera: camera && !hidden, levels: levels && !hidden };
    this.connection.send("look", { path: this.path, hear, ...seen });
  }
}
