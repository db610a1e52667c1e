"""What tests of sessions share: sound to move to, and the motion that a session makes of it."""

import numpy as np

from dystream_ros.engine.session import Session


def babble(frames: int, seed: int = 0, lookahead: int = 960) -> np.ndarray:
    """(2, samples) of babble-like noise that comes and goes."""
    rng = np.random.default_rng(seed)
    samples = frames * 640 + lookahead
    envelope = np.abs(np.sin(np.arange(samples) / 3000.0 + np.array([[0.0], [1.5]])))
    return (0.1 * envelope * rng.standard_normal((2, samples))).astype(np.float32)


def run(session: Session, audio: np.ndarray, frames: int) -> np.ndarray:
    """(frames, 58) of motion."""
    position, motion = 0, []
    for _ in range(frames):
        after = position + session.samples_needed
        frame = session.step(audio[0, position:after], audio[1, position:after])
        motion.append(np.concatenate([frame.values, frame.head_pose]))
        position = after
    return np.stack(motion)
