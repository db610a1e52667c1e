"""A head whose model loads as long as the file of its parameter `model` is missing; run by tests as a process."""

import sys
import time
from pathlib import Path

from grimacing_head import BrokenRenderer, Grimace

from dystream_ros.nodes.common.executable import run
from dystream_ros.nodes.head.engine import Engine
from dystream_ros.nodes.head.node import HeadNode


def open_engine(settings):
    while not Path(settings.model).exists():
        time.sleep(0.01)
    return Engine(Grimace(), "grimace", "0" * 64)


if __name__ == "__main__":
    sys.exit(run(lambda: HeadNode(open_engine, lambda _: BrokenRenderer()), None, "A head that loads slowly."))
