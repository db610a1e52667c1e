"""The formant voices of espeak-ng, through the events of its C library."""

import ctypes
import ctypes.util

import numpy as np

from dystream_lab.speech.engines.flite import respelled
from dystream_lab.speech.speech import Speech, SynthesisUnavailable, to_corpus_rate

# Values of speak_lib.h.
_SYNCHRONOUS = 2
_IPA_PHONEME_EVENTS = 0x3
_LIST_END, _PHONEME = 0, 7
_CHARS_UTF8 = 1
_RATE_PARAMETER = 1
_WORDS_PER_MINUTE = 165
_SHIFT = -0.0095  # median difference from the times of a forced aligner, over 200 phones


class _Event(ctypes.Structure):
    _fields_ = [
        ("type", ctypes.c_int),
        ("identifier", ctypes.c_uint),
        ("text_position", ctypes.c_int),
        ("length", ctypes.c_int),
        ("milliseconds", ctypes.c_int),
        ("sample", ctypes.c_int),
        ("user_data", ctypes.c_void_p),
        ("string", ctypes.c_char * 8),
    ]


_CALLBACK = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.POINTER(_Event))


class EspeakSynthesizer:
    """Synthesizes with libespeak-ng. One per process: the library has global state."""

    engine = "espeak"

    def __init__(self) -> None:
        """Raises SynthesisUnavailable when the library or its data is missing."""
        name = ctypes.util.find_library("espeak-ng")
        if name is None:
            raise SynthesisUnavailable("no library libespeak-ng: apt-get install espeak-ng")
        self._library = ctypes.CDLL(name)
        self._sample_rate = self._library.espeak_Initialize(_SYNCHRONOUS, 500, None, _IPA_PHONEME_EVENTS)
        if self._sample_rate <= 0:
            raise SynthesisUnavailable("libespeak-ng found no data: apt-get install espeak-ng-data")
        self._blocks: list[np.ndarray] = []
        self._starts: list[tuple[float, str]] = []
        self._callback = _CALLBACK(self._receive)
        self._library.espeak_SetSynthCallback(self._callback)

    def _receive(self, samples, count: int, event) -> int:
        if samples and count > 0:
            self._blocks.append(np.ctypeslib.as_array(samples, (count,)).copy())
        index = 0
        while event[index].type != _LIST_END:
            if event[index].type == _PHONEME:
                symbol = event[index].string.decode("utf-8", "ignore")
                self._starts.append((event[index].milliseconds / 1000, symbol))
            index += 1
        return 0

    def speak(self, voice: str, text: str, rate: float = 1.0) -> Speech:
        """Speech of `text`; `rate` 1 is 165 words a minute. Raises SynthesisUnavailable for an unknown voice."""
        if self._library.espeak_SetVoiceByName(voice.encode()) != 0:
            raise SynthesisUnavailable(f"espeak-ng has no voice {voice!r}")
        self._library.espeak_SetParameter(_RATE_PARAMETER, round(_WORDS_PER_MINUTE * rate), 0)
        self._blocks.clear()
        self._starts.clear()
        encoded = respelled(text).encode()
        self._library.espeak_Synth(encoded, len(encoded) + 1, 0, 0, 0, _CHARS_UTF8, None, None)
        self._library.espeak_Synchronize()
        pcm = np.concatenate(self._blocks) if self._blocks else np.zeros(0, np.int16)
        ends = [start for start, _ in self._starts[1:]] + [len(pcm) / self._sample_rate]
        symbols = tuple(
            (max(0.0, start + _SHIFT), max(0.0, end + _SHIFT), symbol)
            for (start, symbol), end in zip(self._starts, ends, strict=True)
            if end > start
        )
        return Speech(to_corpus_rate(pcm, self._sample_rate), symbols, text, self.engine, voice)
