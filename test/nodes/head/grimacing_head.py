"""A head whose model holds one grimace and fails while the self party is very loud; its renderer always fails.

Tests run it as a process in place of `python -m dystream_ros.nodes.head`.
"""

import sys

import numpy as np

from dystream_ros.face.motion import ARKIT_LAYOUT, MotionFrame, neutral_frame
from dystream_ros.nodes.common.executable import run
from dystream_ros.nodes.head.engine import Engine
from dystream_ros.nodes.head.node import HeadNode


class Grimace:
    """A session that holds one expression."""

    layout, hop, lookahead = ARKIT_LAYOUT, 640, 960
    neutral = neutral_frame(ARKIT_LAYOUT)

    def __init__(self):
        self.reset()

    @property
    def samples_needed(self):
        return self.hop + (self.lookahead if self._frame == 0 else 0)

    def step(self, self_audio, other_audio):
        assert self_audio.shape == other_audio.shape == (self.samples_needed,)
        if np.abs(self_audio).max() > 0.9:
            sys.stderr.write("an attempt fails\n")
            raise RuntimeError("too loud to think")
        self._frame += 1
        values = np.full(len(ARKIT_LAYOUT.names), 0.5, np.float32)
        return MotionFrame(self._frame - 1, values, np.full(6, 0.1, np.float32))

    def reset(self, seed=None):
        self._frame = 0

    def close_lips(self, motion, amount):
        return motion

    def emitted(self, motion):
        pass


class BrokenRenderer:
    name = "fallback"

    def render(self, motion):
        raise RuntimeError("out of paint")

    def prepare(self, portrait, view):
        raise ValueError("this renderer draws one view only")

    def close(self):
        pass


if __name__ == "__main__":
    engine = Engine(Grimace(), "grimace", "0" * 64)
    sys.exit(run(lambda: HeadNode(lambda _: engine, lambda _: BrokenRenderer()), None, "A grimacing head."))
