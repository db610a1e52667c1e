"""Live measurement: real nodes over real DDS, a conversation in real time, received in another process."""

import json
import os
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from tqdm import tqdm

from dystream_ros.cli.measuring import ProcessorTimes, processor_seconds, proportional_memory, quantiles

if TYPE_CHECKING:
    from dystream_ros.cli.demo.processes import Child

_WARM_UP = 5.0  # s of motion that are left out: the first frames wait for the discovery of the image reader
_MEMORY_EVERY = 5.0  # s


def measure(minutes: float = 10.0, tree: Path | None = None) -> dict[str, object]:
    """Runs the shipped conversation in a loop, in chunks of 10 ms, for some minutes.

    Args:
        tree: checkout with the head that is measured; None for this one.
    """
    from dystream_ros.assets import demo_conversation
    from dystream_ros.cli.demo.domain import local_environment
    from dystream_ros.cli.demo.processes import Child, children

    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder) / "watched.json"
        environment = local_environment()

        def node(name: str, *arguments: str) -> Child:
            return Child(f"dystream_ros.nodes.{name}", arguments, environment, Path(folder) / f"{name}.log")

        with children() as running:
            started = time.time()
            head = Child("dystream_ros.nodes.head", (), _of_tree(environment, tree), Path(folder) / "head.log", tree)
            watcher = Child("benchmarks.watcher", [str(output)], environment, Path(folder) / "watcher.log")
            file = demo_conversation()
            player = node("audio_file", "--ros-args", "-p", f"file:={file}", "-p", "loop:=true", "-p", "chunk_ms:=10.0")
            running += [head, watcher, player]
            memory, before, shares = [], ProcessorTimes.now(), []
            with tqdm(total=round(60 * minutes), unit="s", desc="live") as bar:
                begun = time.monotonic()
                while (elapsed := time.monotonic() - begun) < 60 * minutes:
                    time.sleep(min(_MEMORY_EVERY, 60 * minutes - elapsed))
                    check_running(running)
                    memory.append(proportional_memory(head.pid))
                    shares.append((time.monotonic(), processor_seconds(head.pid)))
                    bar.update(round(time.monotonic() - begun) - bar.n)
            load = ProcessorTimes.now().since(before)
            # The watcher stops first: messages that the others send while they stop are not measured.
            watcher.stop()
        watched = json.loads(output.read_text())
    figures = _figures(watched)
    return {"minutes": minutes, **load, **figures, **_own_figures(watched, started, shares), **_memory_figures(memory)}


def _of_tree(environment: dict[str, str], tree: Path | None) -> dict[str, str]:
    """The environment with another checkout before this one on the path of Python."""
    if tree is None:
        return environment
    return environment | {"PYTHONPATH": os.pathsep.join([str(tree), environment.get("PYTHONPATH", "")])}


def _own_figures(watched: dict, started: float, shares: list[tuple[float, float]]) -> dict[str, object]:
    """Start of the head, and its share of one core after the first measurement.

    Args:
        started: time of the start of its process, s since the epoch.
        shares: steady time and processor time of the process, s, from time to time.
    """
    begun = {"start_to_first_motion_s": round(watched["motions"][0][-1] / 1e9 - started, 2)}
    if len(shares) < 2:
        return begun
    (first, used_first), (last, used_last) = shares[0], shares[-1]
    return begun | {"head_share_of_one_core": round((used_last - used_first) / (last - first), 3)}


def check_running(nodes: "Sequence[Child]") -> None:
    """Raises RuntimeError if a node has ended; the message has its exit status and its last error."""
    for node in nodes:
        if node.exit_status is not None:
            raise RuntimeError(f"{node.name} ended with {node.exit_status}: {node.last_error()}")


def _figures(watched: dict) -> dict[str, object]:
    motions = np.array(watched["motions"], np.int64)
    images = np.array(watched["images"], np.int64)
    first = motions[0, 0] + int(_WARM_UP * 1e9)
    motions = motions[motions[:, 0] >= first]
    images = images[images[:, 0] >= first]
    stamps, latency, processing, frames = motions[:, :4].T
    # Arrival of the last sample that a frame needs, in the clock of ROS: from the times that the head measured.
    ready = dict(zip(stamps.tolist(), (stamps + latency - processing).tolist(), strict=True))
    seen = np.array([received - ready[stamp] for stamp, received in images.tolist() if stamp in ready])
    last = watched["statuses"][-1]
    return {
        "frames": len(frames),
        "frames_lost": int(frames[-1] - frames[0] + 1 - len(frames)),
        "images": len(seen),
        "images_lost_percent": round(100 * (1 - len(seen) / len(frames)), 3),
        "processing_to_motion_ms": quantiles(processing / 1e6),
        "processing_to_image_elsewhere_ms": quantiles(seen / 1e6),
        "latency_of_motion_ms": quantiles(latency / 1e6),
        "stages_ms_last_10_s": {name: [round(v, 2) for v in values] for name, values in last["stages"].items()},
        "audio": last["parties"],
        "counters": last["counters"],
    }


def _memory_figures(memory: list[float]) -> dict[str, object]:
    settled = np.array(memory[len(memory) // 5 :])
    slope = np.polyfit(np.arange(len(settled)) * _MEMORY_EVERY / 60, settled, 1)[0] if len(settled) > 2 else 0.0
    return {
        "head_pss_mib": {"first": round(settled[0]), "last": round(settled[-1]), "max": round(settled.max())},
        "head_pss_growth_mib_per_minute": round(float(slope), 3),
    }
