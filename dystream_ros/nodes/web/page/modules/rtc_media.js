// The WebRTC connection: sound both ways, pictures of the face and of the camera.

const SCREEN_MS = 8; // half a period of a screen with 60 Hz

export class RtcMedia {
  constructor(connection, screens, welcome) {
    this.onlost = () => {};
    this._connection = connection;
    this._screens = screens;
    this._welcome = welcome;
    this._closed = false;
    this._early = []; // candidates before the offer was sent
    this._last = null; // figures at the last call of playout
  }

  /** Resolves when media flow; rejects after a time, or when the server refuses. */
  async connect(milliseconds) {
    const peer = new RTCPeerConnection({ iceServers: this._welcome.ice_servers, bundlePolicy: "max-bundle" });
    this._peer = peer;
    this._microphone = peer.addTransceiver("audio", { direction: "sendrecv" });
    this._face = peer.addTransceiver("video", { direction: "recvonly" });
    if (this._welcome.camera) this._camera = peer.addTransceiver("video", { direction: "recvonly" });
    for (const each of peer.getReceivers()) if ("jitterBufferTarget" in each) each.jitterBufferTarget = 0;
    peer.onicecandidate = ({ candidate }) => {
      const fields = { candidate: candidate?.candidate ?? "", mid: candidate?.sdpMid ?? "", index: candidate?.sdpMLineIndex ?? 0 };
      this._connection.send("rtc_candidate", fields);
    };
    peer.ontrack = ({ track, transceiver }) => {
      const camera = this._camera !== undefined && transceiver === this._camera;
      const video = camera ? this._screens.cameraVideo : this._screens.faceVideo;
      // One stream for the face and its sound: the browser then keeps them in step.
      if (!(video.srcObject instanceof MediaStream) || video.srcObject.owner !== this) {
        video.srcObject = new MediaStream();
        video.srcObject.owner = this;
      }
      video.srcObject.addTrack(track);
    };
    const connected = new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error("no connection in time")), milliseconds);
      peer.onconnectionstatechange = () => {
        if (peer.connectionState === "connected") {
          clearTimeout(timer);
          resolve();
        } else if (peer.connectionState === "failed" || peer.connectionState === "closed") {
          clearTimeout(timer);
          reject(new Error(peer.connectionState));
          if (!this._closed) this.onlost();
        }
      };
      this._abandon = reject;
    });
    connected.catch(() => {});
    const waiting = new AbortController();
    const answered = new Promise((resolve) => {
      this._connection.addEventListener("rtc_answer", (event) => resolve(event.detail.sdp), { once: true, signal: waiting.signal });
    });
    connected.catch(() => {}).then(() => waiting.abort());
    await peer.setLocalDescription();
    const offer = this._connection.request("rtc_offer", { sdp: peer.localDescription.sdp });
    offer.catch((refused) => this._abandon(refused));
    const sdp = await Promise.race([answered, connected.then(() => "")]);
    if (sdp) await peer.setRemoteDescription({ type: "answer", sdp });
    await connected;
  }

  async sendMicrophone(track) {
    await this._microphone.sender.replaceTrack(track);
  }

  async playout() {
    const stats = [...(await this._peer.getStats()).values()];
    const video = stats.find((each) => each.type === "inbound-rtp" && each.kind === "video" && each.mid === this._face.mid);
    if (!video?.framesDecoded) return null;
    const [frames, seconds] = [video.framesDecoded, video.totalProcessingDelay ?? video.jitterBufferDelay];
    const last = this._last;
    this._last = { frames, seconds };
    if (!last || frames === last.frames) return null;
    return (1000 * (seconds - last.seconds)) / (frames - last.frames) + SCREEN_MS;
  }

  close() {
    this._closed = true;
    this._abandon?.(new Error("closed"));
    this._peer?.close();
    for (const video of [this._screens.faceVideo, this._screens.cameraVideo]) {
      if (video.srcObject?.owner === this) video.srcObject = null;
    }
  }
}
