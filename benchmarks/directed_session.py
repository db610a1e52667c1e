"""A session that is stepped through the demo conversation under directions; for the other benchmarks."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from dystream_ros.assets import demo_conversation
from dystream_ros.audio.activity import VoiceActivity
from dystream_ros.audio.files import read_audio
from dystream_ros.audio.resample import MEDIA_RATE
from dystream_ros.engine.session import Session
from dystream_ros.face import numbers as n
from dystream_ros.face.motion import SPEAKING_OTHER, SPEAKING_SELF
from dystream_ros.face.stages.directed import DirectedFace

FRAME = 0.04  # s
Numbers = NDArray[np.float64]


@dataclass(frozen=True)
class Scene:
    """The sound of a conversation.

    Attributes:
        voices: float32 (2, samples) of self and other, 16 kHz.
        speaking: int (frames,), bits of the parties that speak.
    """

    voices: NDArray[np.float32]
    speaking: NDArray[np.int64]


def demo(seconds: float, session: Session) -> Scene:
    """The shipped conversation, again and again for so many seconds."""
    voices = []
    for channel in (0, 1):
        blocks = list(read_audio(demo_conversation(), channel=channel))
        voice = np.concatenate([block.data.ravel() for block in blocks]).astype(np.float32)
        voice /= 32768.0 if blocks[0].data.dtype == np.int16 else 1.0
        if blocks[0].sample_rate != MEDIA_RATE:
            raise ValueError(f"the shipped conversation has {blocks[0].sample_rate} Hz; 16 kHz are expected")
        voices.append(np.resize(voice, round(seconds * MEDIA_RATE)))
    speaking = np.zeros(round(seconds / FRAME), np.int64)
    for voice, bit in zip(voices, (SPEAKING_SELF, SPEAKING_OTHER)):
        activity, end = VoiceActivity(), session.hop + session.lookahead
        activity.add(voice[:end])
        for frame in range(len(speaking)):
            start = frame * session.hop
            speaking[frame] |= bit * activity.speaking(start, start + session.hop)
            activity.add(voice[end : end + session.hop])
            end += session.hop
    return Scene(np.stack(voices), speaking)


def play(
    session: Session, scene: Scene, seed: int, face: DirectedFace, ask: Callable[[float], None] = lambda now: None
) -> tuple[Numbers, Numbers]:
    """Numbers (frames, 58) that were shown, and that the model made.

    Args:
        face: the stage, with what it is to show.
        ask: called before each frame with its media time in s.
    """
    session.reset(seed)
    shown, made, place = [], [], 0
    while place + session.samples_needed <= scene.voices.shape[1]:
        frame, now = len(shown), (len(shown) + 0.5) * FRAME
        ask(now)
        needed = session.samples_needed
        motion = session.step(*scene.voices[:, place : place + needed])
        place += needed
        motion = replace(motion, speaking=int(scene.speaking[frame]))
        made.append(n.numbers_of(motion))
        result = face.apply(motion, now)
        back = face.fed_back(result)
        if back is not motion:
            session.emitted(back)
        shown.append(n.numbers_of(result))
    return np.stack(shown), np.stack(made)
