"""The head beside busy programs: python -m benchmarks.load

Runs the head, a player and a watcher, and for each number of busy loops a phase with them and a phase without. Writes
benchmarks/load.json and docs/load.png.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.live import check_running
from dystream_ros.cli.measuring import ProcessorTimes, describe_machine, processor_seconds, quantiles

if TYPE_CHECKING:
    from dystream_ros.cli.demo.processes import Child

LOOPS = (1, 2, 4, 6)
_REST = 10.0  # s without busy loops, before the first phase and after each
_PERIOD_MS = 40.0
# The head is back to normal when from then on it skips no pictures in a row and no frame is later than this.
_NORMAL_LATENCY_MS = 200.0
_WATCHED = 5.0  # s after the end of the load in which that is looked for


@dataclass(frozen=True)
class Phase:
    """A time with a number of busy loops.

    Attributes:
        begin_ns, end_ns: on the clock of ROS.
        others: share, 0 to 1, of all cores that other programs used.
        cores: by node, processor time per time.
    """

    loops: int
    begin_ns: int
    end_ns: int
    others: float
    cores: dict[str, float]


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.load", description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=60.0, help="of each phase with load (default %(default)s)")
    parser.add_argument("--loops", type=int, nargs="*", default=LOOPS, help="busy loops (default 1 2 4 6)")
    parser.add_argument(
        "--watchers", nargs="*", default=(), choices=("recorder", "display"), help="nodes that run meanwhile"
    )
    parser.add_argument("--priority", default="high", help="parameter of the head (default %(default)s)")
    parser.add_argument("--json", type=Path, default=Path("benchmarks/load.json"))
    parser.add_argument("--png", type=Path, default=Path("docs/load.png"))
    args = parser.parse_args()
    machine = describe_machine()
    watched, phases = measure(args.loops, args.seconds, args.watchers, args.priority)
    figures = {
        "machine": machine,
        "seconds": args.seconds,
        "watchers": list(args.watchers),
        "priority": args.priority,
        "phases": phase_figures(watched, phases),
    }
    args.json.write_text(json.dumps(figures, indent=2) + "\n")
    draw(watched, phases, args.png)
    print(table(figures["phases"]))
    for path in (args.json, args.png):
        print(path)
    return 0


def measure(loops: Sequence[int], seconds: float, watchers: Sequence[str], priority: str) -> tuple[dict, list[Phase]]:
    """Runs the nodes; returns what the watcher recorded, and the phases."""
    from dystream_ros.assets import demo_conversation
    from dystream_ros.cli.demo.domain import local_environment
    from dystream_ros.cli.demo.processes import Child, children

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        output = folder / "watched.json"
        environment = local_environment()

        def node(name: str, *parameters: str) -> Child:
            arguments = [part for each in parameters for part in ("-p", each)]
            arguments = ["--ros-args", *arguments] if arguments else []
            return Child(f"dystream_ros.nodes.{name}", arguments, environment, folder / f"{name}.log")

        with children() as running:
            head = node("head", f"priority:={priority}")
            watcher = Child("benchmarks.watcher", [str(output)], environment, folder / "watcher.log")
            player = node("audio_file", f"file:={demo_conversation()}", "loop:=true", "chunk_ms:=10.0")
            running += [head, watcher, player]
            if "recorder" in watchers:
                running.append(node("recorder", f"output:={folder / 'video.mp4'}", "exit_at_end:=false"))
            if "display" in watchers:
                running.append(node("display", "fullscreen:=false"))
            _await_log(folder / "head.log", "active", running)
            phases = [_phase(0, _REST, running)]
            for count in loops:
                phases.append(_phase(count, seconds, running))
                phases.append(_phase(0, _REST, running))
            watcher.stop()
        return json.loads(output.read_text()), phases


def _await_log(log: Path, word: str, running: "Sequence[Child]") -> None:
    while f"]: {word}\n" not in (log.read_text() if log.exists() else ""):
        check_running(running)
        time.sleep(0.1)


def _phase(loops: int, seconds: float, running: "Sequence[Child]") -> Phase:
    before, begin_ns = ProcessorTimes.now(), time.time_ns()
    own_before = {child.name: processor_seconds(child.pid) for child in running}
    with busy_loops(loops):
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            time.sleep(min(1.0, left))
            check_running(running)
    end_ns = time.time_ns()
    own = {child.name: processor_seconds(child.pid) - own_before[child.name] for child in running}
    cores = {name: round(spent / (end_ns - begin_ns) * 1e9, 3) for name, spent in own.items()}
    phase = Phase(loops, begin_ns, end_ns, ProcessorTimes.now().others_since(before, sum(own.values())), cores)
    print(f"{loops} busy loops: {seconds:g} s", file=sys.stderr)
    return phase


@contextmanager
def busy_loops(count: int) -> Iterator[None]:
    """Processes that compute for nothing, during the block, each in a session of its own as from another terminal."""
    command = [sys.executable, "-c", "while True: pass"]
    loops = [subprocess.Popen(command, start_new_session=True) for _ in range(count)]
    try:
        yield
    finally:
        for loop in loops:
            loop.kill()
        for loop in loops:
            loop.wait()


def phase_figures(watched: dict, phases: Sequence[Phase]) -> list[dict[str, object]]:
    """Figures of each phase.

    Args:
        watched: `motions` (stamp, latency, processing, frame, generation, missing), `images` (stamp, received), ns, and
            `statuses`.
    """
    statuses = watched["statuses"]

    def skipped_until(instant_ns: int) -> int:
        return max([status["images_dropped"] for status in statuses if status["at"] <= instant_ns], default=0)

    motions = np.array(watched["motions"], np.int64)
    images = np.array(watched["images"], np.int64)
    ready = dict(zip(motions[:, 0].tolist(), (motions[:, 0] + motions[:, 1] - motions[:, 2]).tolist(), strict=True))
    figures: list[dict[str, object]] = []
    for number, phase in enumerate(phases):
        inside = motions[(motions[:, 0] >= phase.begin_ns) & (motions[:, 0] < phase.end_ns)]
        shown = images[(images[:, 0] >= phase.begin_ns) & (images[:, 0] < phase.end_ns)]
        spacing = np.rint(np.diff(shown[:, 0]) / (_PERIOD_MS * 1e6)).astype(int)
        expected = int(inside[-1, 3] - inside[0, 3]) + 1
        age = [received - ready[stamp] for stamp, received in shown.tolist() if stamp in ready]
        found: dict[str, object] = {
            "loops": phase.loops,
            "seconds": round((phase.end_ns - phase.begin_ns) / 1e9, 1),
            "others_percent": round(100 * phase.others, 1),
            "cores": phase.cores,
            "frames_lost": expected - len(inside),
            "latency_ms": quantiles(inside[:, 1] / 1e6),
            "processing_ms": quantiles(inside[:, 2] / 1e6),
            "pictures_percent": round(100 * len(shown) / expected, 1),
            "processing_to_picture_ms": quantiles(np.array(age) / 1e6),
            "skipped_by_head": skipped_until(phase.end_ns) - skipped_until(phase.begin_ns),
            "longest_freeze_ms": int(spacing.max(initial=1) * _PERIOD_MS),
            "spacing_in_frames": {int(each): int(np.sum(spacing == each)) for each in np.unique(spacing)},
        }
        if number and not phase.loops:
            found["normal_after_s"] = round(_normal_after(motions, statuses, phase.begin_ns), 2)
        figures.append(found)
    return figures


def _normal_after(motions: np.ndarray, statuses: Sequence[dict], end_ns: int) -> float:
    """Seconds from the end of a load until the head is back to normal, looked for within `_WATCHED`.

    Pictures that the watcher does not receive are not counted: it has no priority over other programs.
    """
    until_ns = end_ns + round(_WATCHED * 1e9)
    inside = motions[(motions[:, 0] >= end_ns) & (motions[:, 0] < until_ns)]
    late = inside[inside[:, 1] > _NORMAL_LATENCY_MS * 1e6, 0].tolist()
    # A single picture may be skipped at any time, also on a quiet machine. A status covers the time since the last one.
    thinned = [
        before["at"]
        for before, after in pairwise(statuses)
        if end_ns <= before["at"] < until_ns and after["images_dropped"] - before["images_dropped"] > 1
    ]
    return (max([end_ns, *late, *thinned]) - end_ns) / 1e9


def table(figures: Sequence[dict]) -> str:
    """The figures of the phases with load as a table."""
    columns = (
        "busy loops",
        "other programs",
        "motion frames lost",
        "latency p50 / p95 / max, ms",
        "pictures received",
        "skipped by the head",
        "longest freeze, ms",
        "normal after, s",
    )
    lines = ["| " + " | ".join(columns) + " |", "|---" * len(columns) + "|"]
    for place, each in enumerate(figures):
        latency = each["latency_ms"]
        after = figures[place + 1].get("normal_after_s", "") if each["loops"] and place + 1 < len(figures) else ""
        if each["loops"] or not place:
            lines.append(
                f"| {each['loops']} | {each['others_percent']:.0f} % | {each['frames_lost']} | {latency['p50']:.0f} / "
                f"{latency['p95']:.0f} / {latency['max']:.0f} | {each['pictures_percent']:.1f} % | "
                f"{each['skipped_by_head']} | {each['longest_freeze_ms']} | {after} |"
            )
    return "\n".join(lines)


def draw(watched: dict, phases: Sequence[Phase], path: Path) -> None:
    """Latency of each motion, and interval between pictures, over time; phases with load are shaded."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    begin = phases[0].begin_ns
    motions, images = np.array(watched["motions"], np.int64), np.array(watched["images"], np.int64)
    figure, (above, below) = plt.subplots(2, 1, figsize=(11, 5), sharex=True, constrained_layout=True)
    above.plot((motions[:, 0] - begin) / 1e9, motions[:, 1] / 1e6, ".", ms=2, color="tab:blue")
    above.set(ylabel="latency of motion [ms]", ylim=(0, None))
    below.plot((images[1:, 0] - begin) / 1e9, np.diff(images[:, 0]) / 1e6, ".", ms=2, color="tab:green")
    below.set(ylabel="interval of pictures [ms]", xlabel="time [s]", ylim=(0, None))
    for phase in phases:
        if phase.loops:
            for axes in (above, below):
                axes.axvspan((phase.begin_ns - begin) / 1e9, (phase.end_ns - begin) / 1e9, color="0.9", zorder=0)
            middle = (phase.begin_ns + phase.end_ns) / 2
            above.text((middle - begin) / 1e9, 10, f"{phase.loops} busy loops", ha="center")
    above.set_xlim(0, (phases[-1].end_ns - begin) / 1e9)
    figure.savefig(path, dpi=80)
    plt.close(figure)


if __name__ == "__main__":
    raise SystemExit(main())
