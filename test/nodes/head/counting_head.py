"""A head whose renderer writes into each image which one it is; run by tests as a process of its own."""

import sys

import numpy as np
from grimacing_head import Grimace

from dystream_ros.nodes.common.executable import run
from dystream_ros.nodes.head.engine import Engine
from dystream_ros.nodes.head.node import HeadNode


class CountingRenderer:
    name = "opengl"
    rendered = 0

    def render(self, motion):
        self.rendered += 1
        return np.full((16, 16, 4), (self.rendered % 256, self.rendered // 256, 0, 255), np.uint8)

    def prepare(self, portrait, view):
        raise ValueError("this renderer draws one view only")

    def close(self):
        pass


if __name__ == "__main__":
    engine = Engine(Grimace(), "grimace", "0" * 64)
    sys.exit(run(lambda: HeadNode(lambda _: engine, lambda _: CountingRenderer()), None, "A counting head."))
