"""The head with a time stamp at each stage of its start, for the measurement of the start: benchmarks/start.py."""

import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from dystream_ros.nodes.common.fastdds import use_image_profile

Result = TypeVar("Result")
MARKS: dict[str, tuple[float, float]] = {}  # seconds since the epoch and processor seconds, by stage


def mark(stage: str) -> None:
    """The stage ends now."""
    MARKS[stage] = time.time(), time.process_time()


def marked(stage: str, call: Callable[..., Result]) -> Callable[..., Result]:
    """The function, with a stage that ends when it returns."""

    def timed(*arguments: object) -> Result:
        result = call(*arguments)
        mark(stage)
        return result

    return timed


def main() -> int:
    """Run the head until it is stopped; writes its marks to the file named first when it is active."""
    output, *arguments = sys.argv[1:]
    mark("Python started")
    use_image_profile()
    from dystream_ros.nodes.common.executable import run

    mark("ROS imported")
    from dystream_ros.nodes.head.engine import open_engine, open_renderer
    from dystream_ros.nodes.head.node import HeadNode

    mark("node imported")

    class MarkedHead(HeadNode):
        def __init__(self) -> None:
            super().__init__(marked("model loaded", open_engine), marked("renderer opened", open_renderer))
            mark("node created")

        def on_activate(self, state):
            result = super().on_activate(state)
            mark("active")
            unfinished = Path(f"{output}.new")
            unfinished.write_text(json.dumps(MARKS))
            os.replace(unfinished, output)
            return result

    return run(MarkedHead, arguments, "The head; measures its start.")


if __name__ == "__main__":
    raise SystemExit(main())
