"""A session whose motion is its audio, and a conversation in time that the test advances."""

from dataclasses import replace

import numpy as np
import pytest

from dystream_ros.audio.block import AudioBlock
from dystream_ros.engine.config import ConversationConfig
from dystream_ros.engine.conversation import Conversation
from dystream_ros.face.motion import MotionFrame, MotionLayout

MS = 1_000_000
SAMPLE_NS = 62_500


class EchoSession:
    """The values of a frame are the new samples of self, then those of other."""

    hop, lookahead = 640, 960
    layout = MotionLayout((), (), (), (), ())

    def __init__(self):
        self.reset()

    @property
    def samples_needed(self) -> int:
        return self.hop if self._made else self.hop + self.lookahead

    def step(self, self_audio, other_audio) -> MotionFrame:
        assert self_audio.shape == other_audio.shape == (self.samples_needed,)
        self._made += 1
        return MotionFrame(self._made - 1, np.concatenate([self_audio, other_audio]), np.zeros(6, np.float32))

    def reset(self, seed=None) -> None:
        self._made, self.seed, self.shown = 0, seed, []

    def close_lips(self, motion, amount):
        return replace(motion, head_pose=np.full(6, amount, np.float32))

    def emitted(self, motion) -> None:
        self.shown.append(motion)


class Stage:
    """A paced conversation in simulated time: steady time starts at 1 s, ROS time is steady time plus `offset_ns`."""

    def __init__(self, session=None, **settings):
        self.session = session or EchoSession()
        self.offset_ns = 10**18
        self.now_ns = 10**9
        self.conversation = Conversation(self.session, ConversationConfig(**settings), lambda: self.offset_ns)
        self.frames = []
        self.conversation.due_ns(self.now_ns)

    def wait_until(self, now_ns: int) -> None:
        """Compute every frame at the instant at which it is due."""
        while (due := self.conversation.due_ns(self.now_ns)) <= now_ns:
            self.now_ns = max(self.now_ns, due)
            self.frames.append(self.conversation.step(self.now_ns))
        self.now_ns = now_ns

    def wait(self, ms: float) -> None:
        self.wait_until(self.now_ns + round(ms * MS))

    def stall(self, ms: float) -> None:
        """Time passes without a step."""
        self.now_ns += round(ms * MS)

    def play(self, samples, *parties, size=160, transport_ms=2, index=0, stream=1, stamp_error_ns=0):
        """Each party records `samples` from now on, in real time; afterwards now is the end of the recording."""
        start = self.now_ns
        for at in range(0, len(samples), size):
            part = samples[at : at + size]
            self.wait_until(start + (at + len(part)) * SAMPLE_NS + transport_ms * MS)
            stamp = start + self.offset_ns + at * SAMPLE_NS + stamp_error_ns
            for party in parties:
                self.conversation.push(party, AudioBlock(stream, index + at, 16_000, 1, stamp, part), self.now_ns)

    def received(self, party: str) -> np.ndarray:
        """Samples of a party that the session received, from media sample 0."""
        parts = [np.split(frame.motion.values, 2)[party == "other"] for frame in self.frames]
        return np.concatenate(parts)


@pytest.fixture
def echo_session():
    return EchoSession


@pytest.fixture
def make_stage():
    return Stage


@pytest.fixture
def noise():
    def make(seconds: float, seed: int = 0) -> np.ndarray:
        samples = 0.1 * np.random.default_rng(seed).standard_normal(round(seconds * 16_000)).astype(np.float32)
        samples[:1] = 0
        return samples

    return make
