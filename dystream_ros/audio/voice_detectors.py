"""Voice detectors: whether a step of audio holds a human voice. Both are causal and keep their state between steps.

`SileroDetector` (package silero-vad, a small recurrent network) tells voices from motors, typing, doors, crockery and
beeps. `WebRtcDetector` decides from the spectrum of each 10 ms; it takes most mechanical sounds for a voice.
docs/decisions.md has the figures of both.
"""

import importlib.util
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import webrtcvad
from numpy.typing import NDArray

from dystream_ros.audio.resample import MEDIA_RATE

_MODEL = "silero_vad_16k_op15.onnx"
_STEP = 512  # samples of a step of Silero's network at 16 kHz
_CONTEXT = 64  # samples before each step that the network receives again
_STATE = (2, 1, 128)
_BEGINS, _LASTS = 0.5, 0.35  # probabilities: hysteresis, as in the package's own iterator
# Of a step that may hold a voice: 0.4 % of the frames of speech lie below it, and 1.4 % of those of machines above.
_POSSIBLE = 0.3


class VoiceDetector(Protocol):
    """Decides on consecutive steps of 16 kHz audio.

    Attributes:
        step: samples of a step.
        onset: steps in a row with a voice that begin speech.
        possible: whether the last step may hold a voice, by a lower bar than that of `voiced`.
    """

    step: int
    onset: int
    possible: bool

    def voiced(self, samples: NDArray[np.float32]) -> bool:
        """Whether the next step, float32 (step,), -1 to 1, holds a voice."""
        ...


class WebRtcDetector:
    """WebRTC's detector, 10 ms at a time.

    Args:
        strictness: its aggressiveness, 0 to 3.
    """

    step = MEDIA_RATE // 100
    onset = 3

    def __init__(self, strictness: int = 2) -> None:
        self._detector = webrtcvad.Vad(strictness)
        self.possible = False

    def voiced(self, samples: NDArray[np.float32]) -> bool:
        """As `VoiceDetector.voiced`."""
        pcm = np.clip(np.rint(samples * 32767), -32768, 32767).astype("<i2")
        self.possible = self._detector.is_speech(pcm.tobytes(), MEDIA_RATE)
        return self.possible


class SileroDetector:
    """Silero's network in ONNX Runtime, 32 ms at a time; all detectors of a process share its weights.

    Raises:
        ImportError: silero-vad is not installed.
    """

    step = _STEP
    onset = 2

    def __init__(self) -> None:
        self._session = _network()
        self._state = np.zeros(_STATE, np.float32)
        self._input = np.zeros((1, _CONTEXT + _STEP), np.float32)
        self._rate = np.array(MEDIA_RATE, np.int64)
        self._lasts = self.possible = False

    def voiced(self, samples: NDArray[np.float32]) -> bool:
        """As `VoiceDetector.voiced`."""
        self._input[0, :_CONTEXT] = self._input[0, -_CONTEXT:]
        self._input[0, _CONTEXT:] = samples
        given = {"input": self._input, "state": self._state, "sr": self._rate}
        probability, self._state = self._session.run(None, given)
        self.possible = bool(probability[0, 0] >= _POSSIBLE)
        self._lasts = bool(probability[0, 0] >= (_LASTS if self._lasts else _BEGINS))
        return self._lasts


def best_detector() -> VoiceDetector:
    """A detector that tells voices from machines where silero-vad is installed, WebRTC's elsewhere."""
    return SileroDetector() if silero_file() else WebRtcDetector()


@lru_cache(maxsize=1)
def silero_file() -> Path | None:
    """The network of the installed silero-vad; None without it. The package itself, which imports torch, is not."""
    found = importlib.util.find_spec("silero_vad")
    for folder in (found.submodule_search_locations or ()) if found else ():
        path = Path(folder) / "data" / _MODEL
        if path.is_file():
            return path
    return None


@lru_cache(maxsize=1)
def _network() -> Any:  # onnxruntime has no types
    import onnxruntime

    path = silero_file()
    if path is None:
        raise ImportError(f"silero-vad with {_MODEL} is not installed; pip install silero-vad")
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    options.enable_cpu_mem_arena = False
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
