// Pictures and sound by the WebSocket, kept in step by their stamps.

const HEADER = 16;
const [FACE, SOUND, CAMERA, MICROPHONE] = [1, 2, 3, 17];
const DROP_WAITING = 1;
const MOST_PICTURES = 25; // wait for their sound; more are shown without it, so that the face never freezes
const SCREEN_MS = 8;
const MOST_DECODING = 4; // a browser that decodes more slowly than pictures arrive leaves some out
const QUIET_MS = 400; // without reports of the player pictures are shown as they come

export class FallbackMedia {
  constructor(connection, screens) {
    this.hears = true;
    this.onstate = () => {}; // called with whether the audio context runs
    this._connection = connection;
    this._face = new Screen(screens.faceCanvas);
    this._camera = new Screen(screens.cameraCanvas);
    this._waiting = []; // {picture, stamp, arrived} of the face
    this._heard = null; // {stamp, time, at}: which stamp was heard at a time of the audio context
    this._sample = 0;
    this._playout = null;
    this._order = Promise.resolve();
    this._decoding = 0;
    this._sending = 0; // the newest call of sendMicrophone
    requestAnimationFrame(() => this._draw());
  }

  /** Create or resume the audio context; call it in a gesture. Rejects when its modules cannot be loaded. */
  async unlock() {
    this.context ??= this._newContext();
    const resumed = this.context.resume();
    this._opening ??= this._openContext();
    try {
      await this._opening;
    } catch (error) {
      this._opening = null; // the connection was lost: the next gesture tries again
      throw error;
    }
    await resumed;
  }

  /** After a pause of the page; nothing happens where it needs a gesture. */
  resume() {
    if (this.context && this.context.state !== "running") this.context.resume().catch(() => {});
  }

  _newContext() {
    const context = new AudioContext({ latencyHint: "interactive" });
    // "interrupted" is Safari's word for a telephone call. Until the modules are loaded `unlock` says how it went.
    context.onstatechange = () => this._player && this.onstate(context.state === "running");
    return context;
  }

  async _openContext() {
    await this.context.audioWorklet.addModule(new URL("sound_player.js", import.meta.url));
    await this.context.audioWorklet.addModule(new URL("sound_capture.js", import.meta.url));
    this._player = new AudioWorkletNode(this.context, "sound-player", { outputChannelCount: [1], numberOfInputs: 0 });
    this._loudness = this.context.createGain();
    this._player.connect(this._loudness).connect(this.context.destination);
    this._player.port.onmessage = ({ data }) => {
      this._heard = data.stamp === null ? null : { ...data, at: performance.now() };
    };
  }

  /** What is heard, as a node of the audio context; null before `unlock`. */
  get output() {
    return this._loudness ?? null;
  }

  /** Be silent at once, or be heard again. */
  hush(silent) {
    if (this._loudness) this._loudness.gain.value = silent ? 0 : 1;
  }

  reset() {
    for (const { picture } of this._waiting) picture.close();
    this._waiting = [];
    this._heard = null;
    this._player?.port.postMessage({ drop: true });
  }

  receive(buffer) {
    const view = new DataView(buffer);
    const [kind, flags] = [view.getUint8(0), view.getUint8(1)];
    const stamp = view.getFloat64(8, true);
    if (kind === SOUND) {
      if (!this.hears) return;
      const rate = view.getUint32(4, true);
      const samples = new Int16Array(buffer, HEADER);
      this._player?.port.postMessage({ samples, stamp, rate, drop: Boolean(flags & DROP_WAITING) });
    } else if (kind === FACE || kind === CAMERA) {
      if (this._decoding >= MOST_DECODING) return;
      this._decoding++;
      const arrived = performance.now();
      const bytes = new Blob([new Uint8Array(buffer, HEADER)]);
      // One after the other: a large picture must not be overtaken by the next one.
      this._order = this._order.then(async () => {
        const picture = await createImageBitmap(bytes).catch(() => null);
        this._decoding--;
        if (!picture) return;
        if (kind === CAMERA) return this._camera.show(picture);
        this._waiting.push({ picture, stamp, arrived });
        if (this._waiting.length > MOST_PICTURES) this._show(this._waiting.shift());
      });
    }
  }

  async sendMicrophone(track) {
    const sending = ++this._sending;
    this._source?.disconnect();
    this._source = null;
    if (!track) return;
    await this.unlock();
    if (sending !== this._sending) return;
    this._capture ??= new AudioWorkletNode(this.context, "sound-capture", { numberOfOutputs: 0, channelCount: 1, channelCountMode: "explicit" });
    this._sample = 0;
    this._capture.port.onmessage = ({ data }) => this._source && this._send(data);
    this._source = this.context.createMediaStreamSource(new MediaStream([track]));
    this._source.connect(this._capture);
  }

  playout() {
    return this._playout;
  }

  _send(samples) {
    const message = new ArrayBuffer(HEADER + samples.byteLength);
    const view = new DataView(message);
    view.setUint8(0, MICROPHONE);
    view.setUint32(4, this.context.sampleRate, true);
    view.setFloat64(8, this._sample, true);
    new Int16Array(message, HEADER).set(samples);
    this._sample += samples.length;
    this._connection.sendBinary(message);
  }

  /** The stamp that is heard now; null when nothing is played. */
  _stampHeard() {
    const heard = this._heard;
    if (!this.hears || !heard || this.context.state !== "running" || performance.now() - heard.at > QUIET_MS) return null;
    const latency = this.context.outputLatency || this.context.baseLatency || 0;
    return heard.stamp + 1000 * (this.context.currentTime - heard.time - latency);
  }

  _draw() {
    requestAnimationFrame(() => this._draw());
    const stamp = this._stampHeard();
    let shown = null;
    while (this._waiting.length && (stamp === null || this._waiting[0].stamp <= stamp + SCREEN_MS)) {
      shown?.picture.close();
      shown = this._waiting.shift();
    }
    if (shown) this._show(shown);
  }

  _show(shown) {
    const taken = performance.now() - shown.arrived + SCREEN_MS;
    this._playout = this._playout === null ? taken : this._playout + 0.1 * (taken - this._playout);
    this._face.show(shown.picture);
  }
}

/** A canvas that shows pictures of any size. */
class Screen {
  constructor(canvas) {
    this._canvas = canvas;
    this._context = canvas.getContext("2d");
  }

  show(picture) {
    if (this._canvas.width !== picture.width) this._canvas.width = picture.width;
    if (this._canvas.height !== picture.height) this._canvas.height = picture.height;
    this._context.clearRect(0, 0, picture.width, picture.height); // transparent backgrounds
    this._context.drawImage(picture, 0, 0);
    picture.close();
  }
}
