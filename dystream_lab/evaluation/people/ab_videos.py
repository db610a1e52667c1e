"""The videos of a blind comparison: conversations performed by several systems."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import soxr
from tqdm import tqdm

from dystream_lab.evaluation.rows.streaming import conversation_motions
from dystream_lab.evaluation.sets.conversations import Conversation
from dystream_lab.rates import FRAME_RATE, HOP, SAMPLE_RATE
from dystream_ros.face.motion import MotionFrame
from dystream_ros.models.registry import load_model
from dystream_ros.recording.video_file import SOUND_RATE, VideoFile
from dystream_ros.rendering.interfaces import Renderer

TEACHER = "teacher"
_FACE = 52


def liveliest(talks: Sequence[Conversation], count: int, seconds: float) -> list[Conversation]:
    """Segments of `seconds` in which both parties speak most evenly, one per clip, without labels."""
    best: dict[str, tuple[float, Conversation]] = {}
    for talk in talks:
        frames = min(talk.frames, round(seconds * FRAME_RATE))
        window = np.ones(frames)
        spoken = [np.convolve(side.astype(float), window, "valid") for side in (talk.speaking, talk.listening)]
        both = np.minimum(*spoken)
        first, clip = int(both.argmax()), talk.name.rpartition("/")[0]
        if clip not in best or both.max() > best[clip][0]:
            best[clip] = (float(both.max()), _segment(talk, first, frames))
    return [talk for _, talk in sorted(best.values(), key=lambda item: -item[0])[:count]]


def _segment(talk: Conversation, first: int, frames: int) -> Conversation:
    sound = slice(first * HOP, (first + frames) * HOP)
    return Conversation(
        name=talk.name,
        self_audio=talk.self_audio[sound],
        other_audio=talk.other_audio[sound],
        phones=(),
        other_phones=(),
        opportunities=(),
        teacher=talk.teacher[first : first + frames],
    )


class VideoMaker:
    """Writes the videos; all conversations of a system are streamed as one batch."""

    def __init__(self, systems: Sequence[str], talks: Sequence[Conversation], renderer: Renderer, pairs: int) -> None:
        """Raises ModelError for a system that is neither "teacher" nor a model."""
        self._talks = {talk.name: talk for talk in talks}
        self._motion = {system: dict(zip(self._talks, _motions(system, talks))) for system in systems}
        self._renderer = renderer
        self._bar = tqdm(total=2 * pairs, desc="ab-kit", unit="video", disable=None)

    def __call__(self, path: Path, system: str, clip: str) -> None:
        """Writes the video of a system in a conversation; self audio is on the left channel, other on the right."""
        talk = self._talks[clip]
        video = VideoFile(path, self._renderer.view.width, self._renderer.view.height, FRAME_RATE, 20, "stereo")
        try:
            for frame, numbers in enumerate(self._motion[system][clip]):
                motion = MotionFrame(frame, numbers[:_FACE], numbers[_FACE:])
                video.add_picture(np.ascontiguousarray(self._renderer.render(motion)[:, :, :3]))
            sound = np.stack([talk.self_audio, talk.other_audio])
            video.add_sound(np.stack([soxr.resample(one, SAMPLE_RATE, SOUND_RATE) for one in sound]).astype(np.float32))
        finally:
            video.close()
        self._bar.update(1)
        if self._bar.n == self._bar.total:
            self._bar.close()


def _motions(system: str, talks: Sequence[Conversation]) -> list[np.ndarray]:
    if system == TEACHER:
        return [talk.teacher for talk in talks]
    return conversation_motions(load_model(system).network, talks, 0, system)
