// Audio worklet: plays sound that arrives in pieces of 20 ms, steadily, and reports which stamp is heard.

const TARGET_S = 0.06; // waits before it is played
const MOST_S = 0.4; // more than this is left out
const STRETCH = 0.005; // fastest and slowest play differ by this part from the rate
const QUIET = 33; // -60 dBFS
const REPORT_S = 0.04;

class SoundPlayer extends AudioWorkletProcessor {
  constructor() {
    super();
    this.pieces = []; // {samples, stamp, at: position of the next sample}
    this.waiting = 0; // s
    this.playing = false;
    this.reported = 0;
    this.port.onmessage = ({ data }) => {
      if (data.drop) this.clear();
      // After a stall of the network more waits than is needed: silence is left out until it is not.
      const spare = this.waiting > 2 * TARGET_S && data.samples?.every((sample) => Math.abs(sample) < QUIET);
      if (data.samples && !spare) {
        this.pieces.push({ samples: data.samples, stamp: data.stamp, rate: data.rate, at: 0 });
        this.waiting += data.samples.length / data.rate;
        while (this.waiting > MOST_S && this.pieces.length > 1) this.next();
      }
    };
  }

  clear() {
    this.pieces = [];
    this.waiting = 0;
    this.playing = false;
  }

  next() {
    const piece = this.pieces.shift();
    this.waiting -= Math.max(0, piece.samples.length - piece.at) / piece.rate;
  }

  process(_, [[output]]) {
    if (!this.playing && this.waiting >= TARGET_S) this.playing = true;
    if (!this.playing) return true;
    const error = (this.waiting - TARGET_S) / TARGET_S;
    const speed = 1 + STRETCH * Math.max(-1, Math.min(1, error));
    const first = this.pieces[0];
    if (first && currentTime - this.reported >= REPORT_S) {
      this.reported = currentTime;
      const stamp = first.stamp + (1000 * first.at) / first.rate;
      this.port.postMessage({ stamp, time: currentTime, waiting: this.waiting });
    }
    for (let k = 0; k < output.length; k++) {
      const piece = this.pieces[0];
      if (!piece) {
        this.clear(); // nothing came: wait for the target again
        this.port.postMessage({ stamp: null });
        return true;
      }
      const whole = Math.floor(piece.at);
      const part = piece.at - whole;
      const samples = piece.samples;
      const after = whole + 1 < samples.length ? samples[whole + 1] : (this.pieces[1]?.samples[0] ?? samples[whole]);
      output[k] = (samples[whole] + part * (after - samples[whole])) / 32768;
      const step = (speed * piece.rate) / sampleRate;
      piece.at += step;
      this.waiting -= step / piece.rate;
      if (piece.at >= samples.length) {
        const rest = piece.at - samples.length;
        this.pieces.shift();
        if (this.pieces[0]) this.pieces[0].at = rest;
      }
    }
    return true;
  }
}

registerProcessor("sound-player", SoundPlayer);
