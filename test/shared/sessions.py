"""Sound for the tests of sessions, and the motion that a session computes from it."""

import numpy as np

from dystream_ros.engine.session import Session


def babble(frames: int, seed: int = 0, lookahead: int = 960) -> np.ndarray:
    """Noise float32 (2, samples) at 16 kHz, with a level that rises and falls."""
    rng = np.random.default_rng(seed)
    samples = frames * 640 + lookahead
    envelope = np.abs(np.sin(np.arange(samples) / 3000.0 + np.array([[0.0], [1.5]])))
    return (0.1 * envelope * rng.standard_normal((2, samples))).astype(np.float32)


def run(session: Session, audio: np.ndarray, frames: int) -> np.ndarray:
    """Motion (frames, 58) of a session for audio (2, samples)."""
    position, motion = 0, []
    for _ in range(frames):
        after = position + session.samples_needed
        frame = session.step(audio[0, position:after], audio[1, position:after])
        motion.append(np.concatenate([frame.values, frame.head_pose]))
        position = after
    return np.stack(motion)
