"""The contract of a voice."""

from typing import Protocol

import numpy as np
from numpy.typing import NDArray


class VoiceUnavailable(RuntimeError):
    """A voice cannot be loaded, or did not synthesize a sentence; the message says what to do."""


class Voice(Protocol):
    """Text to speech. `speak` is called in one thread only.

    Attributes:
        sample_rate: Hz, of the last sentence.
        language, script: as in `text.spoken`.
    """

    sample_rate: int
    language: str
    script: str

    def speak(self, sentence: str, rate: float) -> NDArray[np.float32]:
        """Float32 (n,), full scale 1.0; `rate` 1 is the voice's own pace.

        Raises:
            VoiceUnavailable: no sound was made.
        """
        ...
