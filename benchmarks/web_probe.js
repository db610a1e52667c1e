// What a browser hears and shows, with the times of its clock (ms since the epoch); benchmarks/web.py runs it.
// arguments: token.
const [token] = arguments;
const epoch = () => performance.timeOrigin + performance.now();
const found = { microphone: [], sound: [], frames: [], state: "" };
window.take = () => {
  const taken = { ...found };
  Object.assign(found, { microphone: [], sound: [], frames: [] });
  return taken;
};

// Onsets of bursts in a track of sound, by the time at which their first sample reaches this page.
async function listen(track, name) {
  const reader = new MediaStreamTrackProcessor({ track }).readable.getReader();
  let quiet = 0;
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    const now = epoch();
    const samples = new Float32Array(value.numberOfFrames);
    value.copyTo(samples, { planeIndex: 0, format: "f32-planar" });
    for (let k = 0; k < samples.length; k += 1) {
      if (Math.abs(samples[k]) > 0.04) {
        if (quiet > 0.2 * value.sampleRate) found[name].push(now - (1000 * (samples.length - k)) / value.sampleRate);
        quiet = 0;
      } else quiet += 1;
    }
    value.close();
  }
}

const socket = new WebSocket(`ws://${location.host}/ws`);
const waiting = {};
socket.onmessage = ({ data }) => {
  const message = JSON.parse(data);
  waiting[message.type]?.(message);
  if (message.type === "rtc_state") found.state = message.state;
};
socket.onclose = ({ code }) => { found.state = `closed with ${code}`; };
await new Promise((opened) => { socket.onopen = opened; });
const send = (message) => socket.send(JSON.stringify(message));
setInterval(() => send({ type: "ping", sent: performance.now() }), 5000);
send({ type: "hello", version: 1, token, name: "benchmark" });
send({ type: "take_seat", seat: "visitor" });
send({ type: "barge_in", enabled: false });
send({ type: "look", path: "webrtc", face: true, hear: "self", levels: true });

const peer = new RTCPeerConnection({ bundlePolicy: "max-bundle" });
window.peer = peer;
const audio = peer.addTransceiver("audio", { direction: "sendrecv" });
peer.addTransceiver("video", { direction: "recvonly" });
for (const receiver of peer.getReceivers()) receiver.jitterBufferTarget = 0;
const stream = new MediaStream();
peer.ontrack = ({ track }) => stream.addTrack(track);
peer.onicecandidate = ({ candidate }) => {
  const fields = { candidate: candidate?.candidate ?? "", mid: candidate?.sdpMid ?? "", index: candidate?.sdpMLineIndex ?? 0 };
  send({ type: "rtc_candidate", ...fields });
};
const wanted = { echoCancellation: true, noiseSuppression: false, autoGainControl: false };
const microphone = (await navigator.mediaDevices.getUserMedia({ audio: wanted })).getAudioTracks()[0];
await audio.sender.replaceTrack(microphone);
await peer.setLocalDescription();
const answered = new Promise((answer) => { waiting.rtc_answer = answer; });
send({ type: "rtc_offer", sdp: peer.localDescription.sdp });
await peer.setRemoteDescription({ type: "answer", sdp: (await answered).sdp });
send({ type: "open_microphone", path: "webrtc" });

// As the page does: the server sends fewer pictures to a browser that falls behind.
let last = null;
setInterval(async () => {
  const stats = [...(await peer.getStats()).values()];
  const pictures = stats.find((each) => each.type === "inbound-rtp" && each.kind === "video");
  if (!pictures?.framesDecoded) return;
  const [frames, seconds] = [pictures.framesDecoded, pictures.totalProcessingDelay];
  const playout = last && frames > last.frames ? (1000 * (seconds - last.seconds)) / (frames - last.frames) + 8 : null;
  last = { frames, seconds };
  send({ type: "page_latency", capture: null, uplink: null, downlink: null, playout });
}, 1000);

const video = document.createElement("video");
Object.assign(video, { srcObject: stream, autoplay: true, playsInline: true });
document.body.replaceChildren(video);
const canvas = document.createElement("canvas");
[canvas.width, canvas.height] = [26 * 16, 16];
const context = canvas.getContext("2d", { willReadFrequently: true });
function shown(_, details) {
  context.drawImage(video, 0, 0, canvas.width, 16, 0, 0, canvas.width, 16);
  const pixels = context.getImageData(0, 8, canvas.width, 1).data;
  const bits = [...Array(26).keys()].map((k) => pixels[4 * (16 * k + 8)] > 127);
  const mark = bits.slice(2).reduce((sum, bit, k) => sum + (bit ? 2 ** k : 0), 0);
  if (bits[0] && !bits[1]) {
    const received = details.receiveTime === undefined ? null : performance.timeOrigin + details.receiveTime;
    found.frames.push([mark, performance.timeOrigin + details.expectedDisplayTime, received]);
  }
  video.requestVideoFrameCallback(shown);
}
video.requestVideoFrameCallback(shown);
await video.play();
listen(microphone.clone(), "microphone");
listen(audio.receiver.track, "sound");
// What the browser knows of the delay of its sound device, which comes after the track of sound.
const device = new AudioContext();
await device.resume();
await new Promise((later) => { setTimeout(later, 1000); });
const delay = 1000 * (device.outputLatency || device.baseLatency);
await device.close();
return delay;
