"""The distilled neural voice of hibari-tts, with phone times of the network's duration predictor."""

import numpy as np

from dystream_lab.speech.engines.kokoro import phone_times
from dystream_lab.speech.speech import Speech, SynthesisUnavailable, to_corpus_rate

VOICE = "af_heart"  # hibari calls it "heart": a network distilled from that voice of Kokoro
_DURATIONS = "/Cast_32_output_0"  # in Kokoro's units, with Kokoro's offset to the sound


class HibariSynthesizer:
    """Synthesizes with the voice of the package."""

    engine = "hibari"

    def __init__(self) -> None:
        """Raises SynthesisUnavailable when a package is missing."""
        try:
            import onnx
            import onnxruntime
            from hibari import Hibari
        except ImportError as error:
            raise SynthesisUnavailable(
                f"hibari needs the package {error.name!r}; in the checkout: pip install '.[train]'"
            ) from error
        self._voice = Hibari()
        model = onnx.load(self._voice.model_path)
        model.graph.output.append(onnx.ValueInfoProto(name=_DURATIONS))
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 3
        self._session = onnxruntime.InferenceSession(
            model.SerializeToString(), options, providers=["CPUExecutionProvider"]
        )

    def speak(self, voice: str, text: str, rate: float = 1.0) -> Speech:
        """Speech of `text`, one sentence; `rate` 1 is the voice's own pace. Raises SynthesisUnavailable."""
        from hibari import dsp

        if voice != VOICE:
            raise SynthesisUnavailable(f"hibari has no voice {voice!r}; it has {VOICE}")
        symbols = [symbol for spoken in self._voice.phonemize(text) for symbol in spoken if symbol in self._voice.vocab]
        ids = np.array([self._voice.ids(symbols)], np.int64)
        *parts, units = self._session.run(None, {"ids": ids, "speed": np.array([rate], np.float32)})
        samples = dsp.synth(*(part[0] for part in parts), np.random.default_rng(0))
        times = phone_times(symbols, np.asarray(units, np.float64).reshape(-1))
        return Speech(to_corpus_rate(samples, dsp.SR), times, text, self.engine, voice)
