"""A head whose model loads until the file of its parameter `model` exists; tests run it as a process."""

import sys
import time
from dataclasses import replace
from pathlib import Path

from grimacing_head import Grimace

from dystream_ros.nodes.common.executable import run
from dystream_ros.nodes.head.engine import Engine, open_renderer
from dystream_ros.nodes.head.node import HeadNode


def open_engine(settings):
    while not Path(settings.model).exists():
        time.sleep(0.01)
    return Engine(Grimace(), "grimace", "0" * 64)


def open_shipped_renderer(settings):
    return open_renderer(replace(settings, model="compact"))  # the file of `model` has no weights


if __name__ == "__main__":
    sys.exit(run(lambda: HeadNode(open_engine, open_shipped_renderer), None, "A head that loads slowly."))
