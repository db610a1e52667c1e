"""Sessions of the published model, stepped as one batch: what `engine.session.Session` stands on."""

import numpy as np
import torch
from torch import Tensor

from dystream_ros.face.motion import SPEAKING_OTHER, SPEAKING_SELF, MotionFrame, MotionLayout
from dystream_ros.models.released.networks.configuration import HOP
from dystream_ros.models.released.streaming.model import ReleasedModel
from dystream_ros.models.released.streaming.silence_gate import SilenceGate
from dystream_ros.models.released.streaming.stepping import Stepping
from dystream_ros.models.released.streaming.stream import StepInputs

# How far the mouth is closed by force, frame by frame after an interruption: shut in two frames, held while the words
# that were heard ahead leave the encoder's lookahead, then given back without a jump.
CLOSING = (0.6, 1.0, 1.0, 1.0, 1.0, 1.0, 0.75, 0.5, 0.25)


class _Head:
    """What a session holds besides tensors."""

    def __init__(self, model: ReleasedModel, seed: int) -> None:
        self.seed = seed
        self.noise = torch.Generator().manual_seed(seed)
        self.gates = [SilenceGate(model.silence_gate, model.floor_dbfs) for _ in range(2)]
        self.frame = 0
        self.closing = len(CLOSING)

    def next_closing(self) -> float:
        if self.closing >= len(CLOSING):
            return 0.0
        self.closing += 1
        return CLOSING[self.closing - 1]


class ReleasedSessionBatch:
    """Heads on one published model, a frame of all of them a step; each as it would be by itself, up to rounding."""

    def __init__(self, model: ReleasedModel, seeds: list[int], anchor: np.ndarray | None = None) -> None:
        """Begins sessions that have heard nothing.

        Args:
            seeds: one a session; the same seed and audio give the same motion.
            anchor: (motion,) that the faces return to; the model's portrait when None.
        """
        self._model = model
        self._anchor = model.anchor if anchor is None else torch.from_numpy(np.asarray(anchor, np.float32))
        self._heads = [_Head(model, seed) for seed in seeds]
        self._stepping = Stepping(model.stream, model.initial(self._anchor, len(seeds)), model.graphs)

    def __len__(self) -> int:
        return len(self._heads)

    @property
    def layout(self) -> MotionLayout:
        """Meaning of the values."""
        return self._model.layout

    @property
    def hop(self) -> int:
        """Samples of a frame."""
        return HOP

    @property
    def lookahead(self) -> int:
        """Samples past the end of a frame that its motion hears."""
        return self._model.lookahead

    def prime(self, row: int, self_audio: np.ndarray, other_audio: np.ndarray) -> None:
        """Hears the lookahead of a session's first frame: float32 (lookahead,) of each party."""
        head = self._heads[row]
        if head.frame:
            raise ValueError(f"session {row} is at frame {head.frame}; only a fresh one hears a lookahead")
        if self.lookahead:
            tracks, voiced = _gated([head], self_audio[None], other_audio[None])
            self._stepping.hear(row, *tracks, *voiced)

    def step(self, self_audio: np.ndarray, other_audio: np.ndarray) -> list[MotionFrame]:
        """The next frame of every session, from float32 (B, 640) new samples of each party, -1 to 1."""
        heads, size = self._heads, self._model.motion_size
        tracks, voiced = _gated(heads, self_audio, other_audio)
        noise = torch.stack([torch.randn(size, generator=head.noise) for head in heads])
        closing = torch.tensor([[head.next_closing()] for head in heads])
        motions = self._stepping.step(StepInputs(*tracks, *voiced, noise, closing)).numpy()
        frames = []
        for row, (head, motion) in enumerate(zip(heads, motions, strict=True)):
            speaking = SPEAKING_SELF * int(voiced[0][row]) | SPEAKING_OTHER * int(voiced[1][row])
            frames.append(self._model.frame(head.frame, motion.copy(), speaking))
            head.frame += 1
        return frames

    def reset(self, row: int, seed: int | None = None) -> None:
        """Makes a session the same as a new one; the seed stays when None. Prime it before the next step."""
        self._heads[row] = _Head(self._model, self._heads[row].seed if seed is None else seed)
        self._stepping.replace(row, self._model.initial(self._anchor, 1))

    def hush(self, row: int) -> None:
        """Closes the lips within two frames: the words that they were shaping will not be heard."""
        self._heads[row].closing = 0


def _gated(heads: list[_Head], *tracks: np.ndarray) -> tuple[list[Tensor], list[Tensor]]:
    """Tracks (B, samples) of each party gated, and whether each party speaks in them (B,)."""
    audio, voiced = [], []
    for party, track in enumerate(tracks):
        heard = [head.gates[party].hear(row) for head, row in zip(heads, track, strict=True)]
        audio.append(torch.from_numpy(np.stack([samples for samples, _ in heard]).astype(np.float32)))
        voiced.append(torch.tensor([float(speaking) for _, speaking in heard]))
    return audio, voiced
