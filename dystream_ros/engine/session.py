"""A session: one head, stepped frame by frame."""

from dystream_ros.engine.interfaces import DelegatedMotionSource, Model, Samples
from dystream_ros.face.dials import EventRates
from dystream_ros.face.motion import MotionFrame


class Session(DelegatedMotionSource):
    """One head: audio of both parties in, one frame of motion out. Implements `engine.interfaces.HeadSession`.

    Args:
        model: of any family.
        seed: the same seed and audio give the same motion.
    """

    def __init__(self, model: Model, seed: int = 0) -> None:
        self._batch = model.sessions([seed])
        super().__init__(self._batch)
        self._fresh = True

    @property
    def samples_needed(self) -> int:
        """Samples of each party for the next step: `hop`, and `lookahead` more at the first step."""
        return self.hop + self.lookahead if self._fresh else self.hop

    def step(self, self_audio: Samples, other_audio: Samples) -> MotionFrame:
        """The next frame of motion.

        Args:
            self_audio, other_audio: float32 (samples_needed,), 16 kHz mono, -1 to 1, following those of the last step.

        Raises:
            ValueError: another number of samples.
        """
        for name, audio in (("self_audio", self_audio), ("other_audio", other_audio)):
            if audio.shape != (self.samples_needed,):
                raise ValueError(f"{name} has the shape {audio.shape}; this step needs ({self.samples_needed},)")
        if self._fresh:
            self._batch.prime(0, self_audio[: self.lookahead], other_audio[: self.lookahead])
            self_audio, other_audio = self_audio[self.lookahead :], other_audio[self.lookahead :]
            self._fresh = False
        return self._batch.step(self_audio[None], other_audio[None])[0]

    def emitted(self, motion: MotionFrame) -> None:
        """Replace the motion of the last step by the one that was shown; the next step follows that one."""
        self._batch.emitted(0, motion)

    def set_event_rates(self, rates: EventRates) -> None:
        """Set how often events start from the next frame on; a model without events ignores it."""
        self._batch.set_event_rates(0, rates)

    def reset(self, seed: int | None = None) -> None:
        """Make this the same as a new session; None keeps the seed."""
        self._batch.reset(0, seed)
        self._fresh = True
