// Audio worklet: the microphone as int16 pieces of 20 ms.

class SoundCapture extends AudioWorkletProcessor {
  constructor() {
    super();
    this.piece = new Int16Array(Math.round(sampleRate * 0.02));
    this.filled = 0;
  }

  process([[input]]) {
    if (!input) return true;
    for (const sample of input) {
      this.piece[this.filled++] = Math.max(-32768, Math.min(32767, Math.round(sample * 32767)));
      if (this.filled === this.piece.length) {
        this.port.postMessage(this.piece, [this.piece.buffer]);
        this.piece = new Int16Array(Math.round(sampleRate * 0.02));
        this.filled = 0;
      }
    }
    return true;
  }
}

registerProcessor("sound-capture", SoundCapture);
