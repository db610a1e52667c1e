"""The sync score of sound with lips or mouths, from a stream of blocks of frames, in constant memory."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import torch

from dystream_lab.rates import FRAME_RATE, HOP
from dystream_lab.sync.score import SyncMeter, SyncScore, least_frames
from dystream_lab.sync.towers import MOUTH
from dystream_lab.sync.training import SyncNetwork
from dystream_lab.sync.variation import normalised

BLOCK = 10 * FRAME_RATE  # frames that are computed at once
_SILENT = 1e-4  # level of a sample, -80 dBFS, up to which a whole recording is silent


class NoScore(ValueError):
    """A recording has no score; the message says why and what to do."""


@dataclass(frozen=True)
class Block:
    """Consecutive frames of 40 ms.

    Attributes:
        sound: float32 (640 n,), 16 kHz, -1 to 1.
        face: float32 (n, CHANNELS) lips, or float32 (n, MOUTH, MOUTH) pictures of a mouth, 0 to 1; NaN in frames
            without a face.
        cut: the frames do not follow those before.
    """

    sound: np.ndarray
    face: np.ndarray
    cut: bool = False

    @property
    def frames(self) -> int:
        """Number of frames."""
        return len(self.face)


def of_arrays(sound: np.ndarray, face: np.ndarray) -> Iterator[Block]:
    """Blocks of a recording in memory: sound (n,), 16 kHz, and lips or mouths of its frames; the longer is cut."""
    frames = min(len(sound) // HOP, len(face))
    for first in range(0, frames, BLOCK):
        last = min(frames, first + BLOCK)
        yield Block(sound[first * HOP : last * HOP], face[first:last], cut=first == 0)


@torch.inference_mode()
def measure(network: SyncNetwork, blocks: Iterable[Block], name: str) -> SyncScore:
    """The score of a recording.

    Args:
        network: in evaluation mode, with the tower of pictures if the blocks hold pictures.
        blocks: of any lengths.
        name: of the recording, for errors.

    Raises:
        NoScore: no face, no sound, or too short.
    """
    meter = SyncMeter()
    stream = _Stream(network)
    frames = seen = 0
    loudest = 0.0
    for block in blocks:
        if block.cut:
            meter.reset_time()
            stream = _Stream(network)
        frames += block.frames
        seen += int((~np.isnan(block.face).any(tuple(range(1, block.face.ndim)))).sum())
        loudest = max(loudest, float(np.abs(block.sound).max(initial=0.0)))
        meter.add(*stream.vectors(block))
    score = meter.score()
    if loudest <= _SILENT:
        raise NoScore(f"{name} has no sound: its {frames / FRAME_RATE:.1f} s are silent; give the sound of the face")
    if not seen:
        raise NoScore(
            f"{name} shows no face in {frames / FRAME_RATE:.1f} s; accepted are faces from the front of at least a "
            "tenth of the picture"
        )
    if score is None:
        least = least_frames(network.config.window) / FRAME_RATE
        raise NoScore(
            f"{name} is too short: {frames / FRAME_RATE:.1f} s with a face in {seen / FRAME_RATE:.1f} s; a score needs "
            f"{least:.1f} s without a gap or a cut"
        )
    return score


class _Stream:
    """Vectors of consecutive blocks; the frames that the next window covers too are kept."""

    def __init__(self, network: SyncNetwork) -> None:
        self._network = network
        self._gain = network.sound.features.initial_state(1)
        self._mels: torch.Tensor | None = None
        self._face: np.ndarray | None = None

    def vectors(self, block: Block) -> tuple[np.ndarray, np.ndarray]:
        """Vectors (n, vector) of sound and face of the windows that end in this block."""
        network, overlap = self._network, self._network.config.window - 1
        new, self._gain = network.sound.mels(torch.from_numpy(block.sound.astype(np.float32))[None], self._gain)
        mels = new if self._mels is None else torch.cat([self._mels, new], 1)
        face = block.face if self._face is None else np.concatenate([self._face, block.face])
        self._mels, self._face = mels[:, -overlap:], face[-overlap:]
        if mels.shape[1] <= overlap:
            self._mels, self._face = mels, face
            nothing = np.zeros((0, network.config.vector), np.float32)
            return nothing, nothing
        return network.sound(mels)[0].numpy(), self._of_face(face)

    def _of_face(self, face: np.ndarray) -> np.ndarray:
        """Vectors of windows; NaN where a frame has no face."""
        known = ~np.isnan(face).any(tuple(range(1, face.ndim)))
        given = torch.from_numpy(np.nan_to_num(face).astype(np.float32))[None]
        if face.ndim == 2:
            vectors = self._network.lips(given)[0].numpy()
        else:
            if self._network.mouths is None:
                raise ValueError("pictures of mouths need the weights of pictures")
            assert face.shape[1:] == (MOUTH, MOUTH)
            vectors = self._network.mouths(normalised(given))[0].numpy()
        whole = np.lib.stride_tricks.sliding_window_view(known, self._network.config.window).all(1)
        vectors[~whole] = np.nan
        return vectors
