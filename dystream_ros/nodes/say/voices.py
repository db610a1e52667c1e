"""Voices: a sentence in, samples out."""

import numpy as np
from numpy.typing import NDArray

from dystream_ros.nodes.parameters import SaySettings
from dystream_ros.nodes.say.program_voice import ProgramVoice
from dystream_ros.nodes.say.speech_line import Sentence
from dystream_ros.nodes.say.voice import Voice, VoiceUnavailable

_QUIET = 0.01  # of the peak: what is below it at both ends is silence
_FADE = 0.005  # s at both cut ends
_LEAD = 0.03  # s of silence kept before the first sound
_SLOWEST, _FASTEST = 0.5, 2.0
_LINEAR = 0.8  # full scale up to which the limiter changes nothing


def open_voice(settings: SaySettings) -> Voice:
    """The voice of these parameters.

    Raises:
        VoiceUnavailable: a package or a program is missing.
    """
    if settings.program:
        return ProgramVoice(settings.program, settings.program_rate)
    return HibariVoice(settings.voice)


class HibariVoice:
    """A voice of hibari-tts: a network of 8 MB, about a hundred times faster than real time on one core."""

    language = "English"
    script = "LATIN"

    def __init__(self, voice: str) -> None:
        """Raises VoiceUnavailable when the package is missing, or the voice cannot be downloaded."""
        try:
            from hibari import Hibari
        except ImportError as missing:
            raise VoiceUnavailable(
                f"the package {missing.name!r} is not installed: pip install hibari-tts, or set `program`"
            ) from missing
        try:
            self._voice = Hibari(voice=voice)
        except (OSError, RuntimeError) as failed:
            raise VoiceUnavailable(f"the voice {voice!r} cannot be loaded: {failed}") from failed
        self.sample_rate: int = self._voice.sample_rate
        self.speak("Ready.", 1.0)  # the first run takes ten times as long

    def speak(self, sentence: str, rate: float) -> NDArray[np.float32]:
        # One seed: the same text gives the same sound.
        return np.asarray(self._voice(sentence, speed=rate, seed=0), np.float32)


def sentence_sound(voice: Voice, sentence: Sentence, settings: SaySettings) -> NDArray[np.int16]:
    """Int16 (n,) of a sentence at `voice.sample_rate`: without the silence at its ends, with the pause that follows.

    The last sentence of a text ends with its sound. A sentence without sound ("...") is a pause.

    Raises:
        VoiceUnavailable: from the voice.
    """
    samples = voice.speak(sentence.text, min(max(settings.rate * sentence.rate, _SLOWEST), _FASTEST))
    rate = voice.sample_rate
    loud = np.flatnonzero(np.abs(samples) > _QUIET * max(float(np.abs(samples).max(initial=0.0)), 1e-3))
    fade = round(_FADE * rate)
    if loud.size:
        samples = samples[max(0, loud[0] - round(_LEAD * rate)) : loud[-1] + 4 * fade].copy()
    else:
        samples = np.zeros(fade, np.float32)
    ramp = np.linspace(0, 1, min(fade, samples.size), dtype=np.float32)
    samples[: ramp.size] *= ramp
    samples[samples.size - ramp.size :] *= ramp[::-1]
    samples = _limited(samples * np.float32(sentence.gain * 10 ** (settings.gain_db / 20)))
    pause = 0 if sentence.last else round(settings.pause * rate)
    return np.concatenate([np.round(samples * 32767).astype(np.int16), np.zeros(pause, np.int16)])


def _limited(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """Samples within full scale: unchanged up to `_LINEAR`, above it compressed smoothly."""
    over = np.abs(samples) > _LINEAR
    if over.any():
        room = 1 - _LINEAR
        samples[over] = np.sign(samples[over]) * (_LINEAR + room * np.tanh((np.abs(samples[over]) - _LINEAR) / room))
    return samples
