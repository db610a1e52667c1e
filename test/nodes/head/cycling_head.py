"""Configures and cleans up a head repeatedly, and writes what remains in memory as JSON to stdout.

python test/nodes/head/cycling_head.py CYCLES [--break-configure] --ros-args -p model:=compact -p autostart:=false
"""

import argparse
import json
import re
import sys
import threading
import time
import weakref
from pathlib import Path

import rclpy
from rclpy.lifecycle import TransitionCallbackReturn
from rclpy.utilities import remove_ros_args

from dystream_ros.nodes.head import configured_head
from dystream_ros.nodes.head.engine import Engine, open_engine
from dystream_ros.nodes.head.node import HeadNode

OK = TransitionCallbackReturn.SUCCESS
SESSIONS: list[weakref.ref] = []
MOST_AT_ONCE = 0


def watched(settings) -> Engine:
    """Opens an engine, and counts the sessions that exist meanwhile."""
    global MOST_AT_ONCE
    MOST_AT_ONCE = max(MOST_AT_ONCE, 1 + sum(each() is not None for each in SESSIONS))
    engine = open_engine(settings)
    SESSIONS.append(weakref.ref(engine.session))
    return engine


def own_mib() -> float:
    """Memory of the process's own, without files: the share of shared pages depends on other processes."""
    return int(re.search(r"RssAnon:\s+(\d+)", Path("/proc/self/status").read_text())[1]) / 1024


def broken_sink(*_: object) -> None:
    raise RuntimeError("no sink today")


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("cycles", type=int)
    parser.add_argument("--break-configure", action="store_true")
    args = parser.parse_args(remove_ros_args(sys.argv)[1:])
    rclpy.init(args=sys.argv)
    if args.break_configure:
        configured_head.ImageSink = broken_sink
    node = HeadNode(watched)
    memory, alive, activations = [], [], []
    for _ in range(args.cycles):
        if args.break_configure:
            assert node.trigger_configure() == TransitionCallbackReturn.FAILURE
        else:
            assert node.trigger_configure() == OK
            begun = time.monotonic()
            assert node.trigger_activate() == OK
            activations.append(round(1000 * (time.monotonic() - begun), 1))
            assert node.trigger_deactivate() == OK
            assert node.trigger_cleanup() == OK
        alive.append(sum(each() is not None for each in SESSIONS))
        memory.append(round(own_mib(), 1))
    found = {
        "alive": alive,
        "most_at_once": MOST_AT_ONCE,
        "own_mib": memory,
        "activation_ms": activations,
        "threads": [thread.name for thread in threading.enumerate()],
        "publishers": sorted(publisher.topic_name for publisher in node.publishers),
    }
    sys.stdout.write(json.dumps(found) + "\n")
    node.destroy_node()
    rclpy.shutdown()
    return 0


if __name__ == "__main__":
    sys.exit(main())
