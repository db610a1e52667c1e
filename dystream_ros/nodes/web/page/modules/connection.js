// The WebSocket: hello and welcome, requests with answers, return after a loss. See docs/web_protocol.md.

import { ofTab } from "./storage.js";

const VERSION = 1;
const PING_MS = 2000;
const ANSWER_MS = 20000; // a seat that is asked for is answered after up to 10 s, on a busy machine later
// Without an answer for so long the connection is lost, although nobody has closed it: a telephone that left the network.
const SILENT_MS = 8000;
const PAUSES_MS = [500, 1000, 2000, 3000, 5000];
const WRONG_TOKEN = 4401;
const TAKEN_OVER = 4409;
const ABNORMAL = 1006;
const DEFECTS = [4400, 4413];

/** A request that the server refused: `code` and a sentence. */
export class Refused extends Error {
  constructor(code, text) {
    super(text);
    this.code = code;
  }
}

/**
 * Events: "state" (detail: connecting, online, lost, full, token, stopped, defect), "binary" (detail: ArrayBuffer), and
 * the type of every message (detail: the message).
 */
export class Connection extends EventTarget {
  constructor(url, name) {
    super();
    this.url = url;
    this.name = name;
    this.token = "";
    this.state = "connecting";
    this.welcome = null;
    this.roundTrip = null; // ms, smoothed
    this.clockOffset = 0; // server_ms minus performance.now()
    this.closeCode = 0;
    this._resume = ofTab.get("resume") ?? "";
    this._waiting = new Map();
    this._nextId = 1;
    this._attempt = 0;
    this._asked = null; // when the first ping was sent since the last message
    this._looked = performance.now();
    setInterval(() => this._watch(), PING_MS);
    addEventListener("online", () => this._timer && this.open());
  }

  on(type, listener) {
    this.addEventListener(type, (event) => listener(event.detail));
    return this;
  }

  get online() {
    return this.state === "online";
  }

  open() {
    clearTimeout(this._timer);
    this._timer = this._asked = null;
    const socket = new WebSocket(this.url);
    this._socket = socket;
    socket.binaryType = "arraybuffer";
    socket.onopen = () => {
      const hello = { version: VERSION, token: this.token, name: this.name, resume: this._resume };
      socket.send(JSON.stringify({ type: "hello", ...hello }));
    };
    socket.onmessage = (event) => {
      if (socket !== this._socket) return;
      this._asked = null;
      if (typeof event.data === "string") this._receive(JSON.parse(event.data));
      else this._emit("binary", event.data);
    };
    socket.onclose = (event) => socket === this._socket && this._lost(event.code);
  }

  /** Close and connect again at once, e.g. with another token. */
  again() {
    const former = this._socket;
    this._socket = null;
    former?.close();
    this._refuseWaiting();
    this._attempt = 0;
    this._set("connecting");
    this.open();
  }

  send(type, fields = {}) {
    if (this._socket?.readyState === WebSocket.OPEN) this._socket.send(JSON.stringify({ type, ...fields }));
  }

  sendBinary(buffer) {
    // Old sound is of no use: nothing is queued when the connection is slow.
    if (this._socket?.readyState === WebSocket.OPEN && this._socket.bufferedAmount < 65536) this._socket.send(buffer);
  }

  /** The server's `result`; rejects with Refused. */
  request(type, fields = {}) {
    if (!this.online) return Promise.reject(new Refused("offline", ""));
    const id = this._nextId++;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => this._answer({ id, ok: false, code: "no_answer", text: "" }), ANSWER_MS);
      this._waiting.set(id, { resolve, reject, timer });
      this.send(type, { id, ...fields });
    });
  }

  _receive(message) {
    if (message.type === "welcome") {
      this.welcome = message;
      this._resume = message.resume;
      ofTab.set("resume", message.resume);
      this._attempt = 0;
      this.clockOffset = message.server_ms - performance.now();
      this._set("online");
      this._ping();
    } else if (message.type === "result") {
      this._answer(message);
    } else if (message.type === "pong") {
      const now = performance.now();
      const taken = now - message.sent;
      this.roundTrip = this.roundTrip === null ? taken : this.roundTrip + 0.2 * (taken - this.roundTrip);
      this.clockOffset = message.server_ms + taken / 2 - now;
    }
    this._emit(message.type, message);
  }

  _answer(result) {
    const waiting = this._waiting.get(result.id);
    if (!waiting) return;
    this._waiting.delete(result.id);
    clearTimeout(waiting.timer);
    if (result.ok) waiting.resolve(result);
    else waiting.reject(new Refused(result.code, result.text));
  }

  _lost(code) {
    this.closeCode = code;
    this._refuseWaiting();
    if (code === WRONG_TOKEN) return this._set("token");
    if (code === TAKEN_OVER) return this._set("stopped");
    if (DEFECTS.includes(code)) return this._set("defect");
    this._set(this.welcome ? "lost" : "full");
    const pause = PAUSES_MS[Math.min(this._attempt++, PAUSES_MS.length - 1)];
    this._timer = setTimeout(() => this.open(), pause);
  }

  _refuseWaiting() {
    for (const id of [...this._waiting.keys()]) this._answer({ id, ok: false, code: "offline", text: "" });
  }

  _watch() {
    const now = performance.now();
    // A page that stood still (a question of the browser, a machine that slept) has messages to read first.
    if (now - this._looked > SILENT_MS / 2) this._asked = null;
    this._looked = now;
    if (this.online && this._asked !== null && now - this._asked > SILENT_MS) {
      const silent = this._socket;
      this._socket = null;
      silent.close();
      this._lost(ABNORMAL);
    }
    this._ping();
  }

  _ping() {
    if (!this.online) return;
    this._asked ??= performance.now();
    this.send("ping", { sent: performance.now() });
  }

  _set(state) {
    this.state = state;
    this._emit("state", state);
  }

  _emit(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}

/** The token of the address; it is kept for this tab, and removed from the address bar. */
export function takeToken() {
  const given = new URLSearchParams(location.hash.slice(1)).get("token");
  if (given !== null) {
    ofTab.set("token", given);
    history.replaceState(null, "", location.pathname + location.search);
  }
  return ofTab.get("token") ?? "";
}
