"""python -m benchmarks.budget: what motion, joints and attention cost without images, and several heads in one process.

Heads whose frames are computed as batches are measured beside as many that step alone, at the same time.

A conversation is played in real time, in chunks of 10 ms per party. Each process is measured by its processor time from
/proc, per frame that it published, times 25: on a busy machine frames are dropped, and the share of a core alone would
look better than it is. Writes benchmarks/budget.json.
"""

import argparse
import json
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.live import check_running
from dystream_ros.assets import demo_conversation
from dystream_ros.cli.demo.domain import local_environment
from dystream_ros.cli.demo.processes import Child, children
from dystream_ros.cli.measuring import describe_machine, processor_seconds, proportional_memory

RESULT = Path(__file__).with_name("budget.json")
RATE = 25.0  # frames per second
_PLAYER = ("-p", "loop:=true", "-p", "chunk_ms:=10.0")
_START = 60.0  # s in which all nodes must be up


def measure(seconds: float, nodes: dict[str, tuple[str, tuple[str, ...]]], topics: list[str]) -> dict[str, object]:
    """Processor time and memory of each process over some seconds.

    Args:
        nodes: module of the executable and its arguments, by name; an audio file and people are played beside them.
        topics: motion topics of the heads.

    Returns:
        By name `core`, the share of a core at 25 frames per second, and `memory_mib`; and `frame_rate`, of all heads.
    """
    with tempfile.TemporaryDirectory() as folder, children() as running:
        environment, counted = local_environment(), Path(folder) / "frames.json"

        def child(name: str, module: str, *arguments: str) -> Child:
            return Child(module, arguments, environment, Path(folder) / f"{name}.log")

        measured = {name: child(name, module, *arguments) for name, (module, arguments) in nodes.items()}
        crowd = child("crowd", "benchmarks.crowd", str(counted), *topics)
        file = f"file:={demo_conversation()}"
        player = child("player", "dystream_ros.nodes.audio_file", "--ros-args", "-p", file, *_PLAYER)
        running += [*measured.values(), crowd, player]

        def frames() -> dict[str, int]:
            check_running(running)
            return json.loads(counted.read_text()) if counted.exists() else {}

        end = time.monotonic() + _START
        while not frames() or min(frames().values()) < 2 * RATE:
            if time.monotonic() > end:
                raise RuntimeError(f"no motion on {', '.join(topics)} within {_START:g} s")
            time.sleep(0.2)
        own = {name: [topic for topic in topics if topic.startswith(f"{name}/")] or topics for name in measured}
        first, begun = frames(), time.monotonic()
        before = {name: processor_seconds(each.pid) for name, each in measured.items()}
        time.sleep(seconds)
        after = {name: processor_seconds(each.pid) for name, each in measured.items()}
        elapsed, last = time.monotonic() - begun, frames()
        shown = {name: sum(last[topic] - first[topic] for topic in of) / len(of) for name, of in own.items()}
        rate = sum(last[topic] - first[topic] for topic in topics) / len(topics) / elapsed
        figures: dict[str, object] = {
            name: {
                "core": round((after[name] - before[name]) / shown[name] * RATE, 3),
                "memory_mib": round(proportional_memory(each.pid)),
            }
            for name, each in measured.items()
        }
        return figures | {"frame_rate": round(rate, 1)}


def robot() -> tuple[dict[str, tuple[str, tuple[str, ...]]], list[str]]:
    """Head, joints and attention of one robot."""
    nodes = {
        "head": ("dystream_ros.nodes.head", ("--ros-args", "-p", "images:=false")),
        "actuators": (
            "dystream_ros.nodes.actuators",
            ("--ros-args", "-p", "calibration:=research", "-p", "engage:=true"),
        ),
        "attention": ("dystream_ros.nodes.attention", ("--ros-args", "-p", "enabled:=true")),
    }
    return nodes, ["motion"]


def batches(count: int) -> tuple[dict[str, tuple[str, tuple[str, ...]]], list[str]]:
    """Heads in one process whose frames are batches, and as many in another that step alone."""
    _, topics = heads(count, together=True)
    nodes = {}
    for place, arguments in (("batches", ()), ("alone", ("-p", "step_together:=0.0"))):
        module, of_heads = heads(count, together=True)[0]["heads"]
        nodes[place] = (module, (*of_heads, *arguments, "-r", f"__ns:=/{place}"))
    return nodes, [f"{place}/{topic}" for place in nodes for topic in topics]


def heads(count: int, together: bool) -> tuple[dict[str, tuple[str, tuple[str, ...]]], list[str]]:
    """Heads that all hear the same conversation, in one process or in one each."""
    shared = (
        "-p",
        "images:=false",
        *(part for each in ("self", "other") for part in ("-r", f"{each}/audio:=/{each}/audio")),
    )
    names = [f"robot_{number}" for number in range(1, count + 1)]
    topics = [f"{name}/motion" for name in names]
    module = "dystream_ros.nodes.head"
    if together and count > 1:
        return {"heads": (module, ("--heads", str(count), "--ros-args", *shared))}, topics
    return {name: (module, ("--ros-args", "-r", f"__ns:=/{name}", *shared)) for name in names}, topics


def main(argv: list[str] | None = None) -> int:
    """Measure; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.budget", description=(__doc__ or "").split(": ")[1])
    parser.add_argument("--seconds", type=float, default=30.0, help="of each run (default %(default)s)")
    parser.add_argument(
        "--heads", type=int, nargs="*", default=[1, 2, 4], help="numbers of heads (default %(default)s)"
    )
    parser.add_argument("--only", default="", help="text that the names of the runs contain")
    args = parser.parse_args(argv)
    results = json.loads(RESULT.read_text()) if RESULT.exists() else {}
    runs = {"robot": robot()}
    for count in args.heads:
        runs[f"{count} heads, a process each"] = heads(count, together=False)
        if count > 1:
            runs[f"{count} heads, one process"] = heads(count, together=True)
            runs[f"{count} heads, as batches and each alone"] = batches(count)
    results["machine"] = describe_machine()
    for name, run in runs.items():
        if args.only not in name:
            continue
        figures = measure(args.seconds, *run)
        parts = [each for each in figures.values() if isinstance(each, dict)]
        figures["core"] = round(sum(each["core"] for each in parts), 3)
        figures["memory_mib"] = sum(each["memory_mib"] for each in parts)
        results[name] = figures
        sys.stdout.write(f"{name:26} {json.dumps(figures)}\n")
        sys.stdout.flush()
        RESULT.write_text(json.dumps(results, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
