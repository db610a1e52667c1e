"""Motion of a model in free running: it receives its own past motion, as on a robot. Many sessions run as one batch."""

from collections.abc import Sequence

import numpy as np
from tqdm import tqdm

from dystream_lab.evaluation.sets.conversations import Conversation
from dystream_ros.audio.offset import OffsetRemoval
from dystream_ros.audio.speakers import Speakers
from dystream_ros.engine.config import ConversationConfig
from dystream_ros.engine.interfaces import Model
from dystream_ros.face.motion import MotionFrame, MotionLayout
from dystream_ros.face.stages.lip_gate import LipGate


def stream(
    model: Model,
    self_audio: np.ndarray,
    other_audio: np.ndarray,
    seeds: Sequence[int],
    label: str | None = None,
    lips_need_voice: bool = True,
) -> np.ndarray:
    """Motion float32 (B, frames, values + 6) of B sessions, coefficients then head pose.

    Channels lose a constant offset first, as in the head.

    Args:
        self_audio, other_audio: float32 (B, n) of both parties, 16 kHz, -1 to 1. Silence follows as lookahead, so that
            all n // 640 frames are computed.
        seeds: one per session.
        label: of a progress bar on stderr, on a terminal only; None shows none.
        lips_need_voice: as in `ConversationConfig`.

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
        np.pad(_without_offset(audio[:, : frames * hop]), ((0, 0), (0, lookahead)))
        for audio in (self_audio, other_audio)
    )
    for row in range(len(seeds)):
        batch.prime(row, own[row, :lookahead], other[row, :lookahead])
    gates = [_Gate(batch.layout, own[row, :lookahead], other[row, :lookahead]) for row in range(len(seeds))]
    motion = np.empty((len(seeds), frames, len(batch.layout.names) + 6), np.float32)
    for frame in tqdm(range(frames), desc=label, unit="frame", leave=False, disable=True if label is None else None):
        new = slice(lookahead + frame * hop, lookahead + (frame + 1) * hop)
        made = batch.step(np.ascontiguousarray(own[:, new]), np.ascontiguousarray(other[:, new]))
        for row, one in enumerate(made):
            if lips_need_voice:
                shown = gates[row].apply(one, own[row, new], other[row, new])
                if shown is not one:
                    batch.emitted(row, one := shown)
            motion[row, frame] = np.concatenate([one.values, one.head_pose])
    return motion


def _without_offset(audio: np.ndarray) -> np.ndarray:
    """Channels float32 (B, n) without their constant offset; the others as they are."""
    return np.stack([OffsetRemoval().process(row.astype(np.float32), []) for row in audio])


class _Gate:
    """The lip gate of one session, as `engine.conversation` has it; begins with the lookahead of both parties."""

    def __init__(self, layout: MotionLayout, own: np.ndarray, other: np.ndarray) -> None:
        self._gate = LipGate(layout)
        self._speakers = Speakers(("self", "other"), ConversationConfig.speech_floor)
        self._heard = 0  # samples
        if len(own):
            self._hear(own, other)

    def apply(self, motion: MotionFrame, own: np.ndarray, other: np.ndarray) -> MotionFrame:
        """The motion as it is shown, after the next samples of both parties."""
        self._hear(own, other)
        return self._gate.apply(motion, self._speakers.voice("self"))

    def _hear(self, own: np.ndarray, other: np.ndarray) -> None:
        self._speakers.add({"self": own, "other": other})
        for party in ("self", "other"):
            self._speakers.speaking(party, self._heard, self._heard)  # forgets what is no longer asked for
        self._heard += len(own)


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
