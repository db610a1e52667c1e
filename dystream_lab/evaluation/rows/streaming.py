"""Motion of a model in free running: it receives its own past motion, as on a robot. Many sessions run as one batch."""

from collections.abc import Sequence

import numpy as np
from tqdm import tqdm

from dystream_lab.evaluation.sets.conversations import Conversation
from dystream_ros.engine.interfaces import Model


def stream(
    model: Model,
    self_audio: np.ndarray,
    other_audio: np.ndarray,
    seeds: Sequence[int],
    label: str | None = None,
) -> np.ndarray:
    """Motion float32 (B, frames, values + 6) of B sessions, coefficients then head pose.

    Args:
        self_audio, other_audio: float32 (B, n) of both parties, 16 kHz, -1 to 1. Silence follows as lookahead, so that
            all n // 640 frames are computed.
        seeds: one per session.
        label: of a progress bar on stderr, on a terminal only; None shows none.

    Raises:
        ValueError: the parties' shapes differ, or the number of seeds differs from the number of sessions.
    """
    if self_audio.shape != other_audio.shape or len(seeds) != len(self_audio):
        raise ValueError(
            f"self_audio has the shape {self_audio.shape}, other_audio {other_audio.shape} and there are {len(seeds)} "
            "seeds; all three need one entry per session, and both sounds the same length"
        )
    batch = model.sessions(list(seeds))
    hop, lookahead = batch.hop, batch.lookahead
    frames = self_audio.shape[1] // hop
    own, other = (
        np.pad(audio[:, : frames * hop], ((0, 0), (0, lookahead))).astype(np.float32)
        for audio in (self_audio, other_audio)
    )
    for row in range(len(seeds)):
        batch.prime(row, own[row, :lookahead], other[row, :lookahead])
    motion = np.empty((len(seeds), frames, len(batch.layout.names) + 6), np.float32)
    for frame in tqdm(range(frames), desc=label, unit="frame", leave=False, disable=True if label is None else None):
        new = slice(lookahead + frame * hop, lookahead + (frame + 1) * hop)
        made = batch.step(np.ascontiguousarray(own[:, new]), np.ascontiguousarray(other[:, new]))
        for row, one in enumerate(made):
            motion[row, frame] = np.concatenate([one.values, one.head_pose])
    return motion


def conversation_motions(
    model: Model, conversations: Sequence[Conversation], seed: int, label: str | None = None
) -> list[np.ndarray]:
    """A model's motion (frames, 58) of each conversation, streamed as one batch; session i has the seed `seed` + i.

    Shorter conversations are padded with silence, and their motion is cut to their length.
    """
    longest = max(len(conversation.self_audio) for conversation in conversations)

    def stacked(sounds: Sequence[np.ndarray]) -> np.ndarray:
        return np.stack([np.pad(sound, (0, longest - len(sound))) for sound in sounds])

    own = stacked([conversation.self_audio for conversation in conversations])
    other = stacked([conversation.other_audio for conversation in conversations])
    made = stream(model, own, other, [seed + i for i in range(len(conversations))], label)
    return [motion[: conversation.frames] for motion, conversation in zip(made, conversations)]
