"""Motion of a model in free running, many sessions as one batch: what it makes from its own past, as on a robot."""

from collections.abc import Sequence

import numpy as np
from tqdm import tqdm

from dystream_ros.engine.interfaces import Model


def stream(
    model: Model, self_audio: np.ndarray, other_audio: np.ndarray, seeds: Sequence[int], label: str | None = None
) -> np.ndarray:
    """Motion float32 (B, frames, 58) of B sessions that hear float32 (B, n) of each party, 16 kHz, -1 to 1.

    The lookahead past the end is silence, so that all n // 640 frames are made. `label` names a progress bar on
    stderr, shown on a terminal only.

    Raises:
        ValueError: the parties' shapes differ, or there is not one seed a session.
    """
    if self_audio.shape != other_audio.shape or len(seeds) != len(self_audio):
        raise ValueError(
            f"self_audio has the shape {self_audio.shape}, other_audio {other_audio.shape} and there are {len(seeds)} "
            "seeds; all three need one entry a session, and the sounds one length"
        )
    batch = model.sessions(list(seeds))
    hop, lookahead = batch.hop, batch.lookahead
    frames = self_audio.shape[1] // hop
    heard = [
        np.pad(audio[:, : frames * hop], ((0, 0), (0, lookahead))).astype(np.float32)
        for audio in (self_audio, other_audio)
    ]
    for row in range(len(seeds)):
        batch.prime(row, heard[0][row, :lookahead], heard[1][row, :lookahead])
    motion = np.empty((len(seeds), frames, len(batch.layout.names) + 6), np.float32)
    for frame in tqdm(range(frames), desc=label, unit="frame", leave=False, disable=True if label is None else None):
        new = slice(lookahead + frame * hop, lookahead + (frame + 1) * hop)
        made = batch.step(np.ascontiguousarray(heard[0][:, new]), np.ascontiguousarray(heard[1][:, new]))
        for row, one in enumerate(made):
            motion[row, frame] = np.concatenate([one.values, one.head_pose])
    return motion
