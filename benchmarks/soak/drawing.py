"""One picture of a soak: latency, drops, recoveries, memory, threads, files and the machine over time."""

from pathlib import Path

import numpy as np

from benchmarks.soak.chain import Chain
from benchmarks.soak.judging import RIGHT_AGAIN, Recovery
from benchmarks.soak.observer import Observer
from benchmarks.soak.report import Evidence

_COLOURS = {
    "head": "tab:blue",
    "source": "tab:orange",
    "recorder": "tab:green",
    "display": "tab:purple",
    "actuators": "tab:brown",
}
_KINDS = {"kill": "tab:red", "suspend": "tab:pink", "busy": "0.5"}


def draw(evidence: Evidence, observer: Observer, chain: Chain, recoveries: list[Recovery], path: Path) -> None:
    """Write the picture (PNG)."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    seen, begun = observer.seen, evidence.begun

    def minutes(at) -> np.ndarray:
        return (np.asarray(at, float) - begun) / 60

    figure, rows = plt.subplots(7, 1, figsize=(13, 15), sharex=True, constrained_layout=True)
    latency, drops, recovery, memory, threads, files, machine = rows
    for row in rows:
        for injected in evidence.faults:
            colour = _KINDS.get(injected.fault.kind)
            first, last = minutes([injected.begin, max(injected.end, injected.begin + 0.5)])
            row.axvspan(first, last, color=colour or "tab:olive", alpha=0.25 if colour else 0.15, lw=0)
    motions = seen.motion_table()
    if len(motions):
        latency.plot(minutes(motions[:, 0]), motions[:, 1] * 1000, ".", ms=1, color="tab:blue")
    latency.set(ylabel="latency of\nmotion [ms]", yscale="symlog")
    statuses = seen.statuses
    at = minutes([each["at"] for each in statuses])
    for name, colour in (("frames_dropped", "tab:red"), ("images_dropped", "tab:orange")):
        counts = np.array([each[name] for each in statuses], float)
        drops.step(at[1:], np.maximum(np.diff(counts), 0), where="post", color=colour, label=name.replace("_", " "))
    drops.set(ylabel="dropped\nper status")
    drops.legend(loc="upper right")
    for signal, colour in (
        ("motion", "tab:blue"),
        ("image", "tab:cyan"),
        ("joints", "tab:brown"),
        ("display", "tab:purple"),
        ("voices", "tab:orange"),
    ):
        own = [each for each in recoveries if each.signal == signal]
        times = [min(each.seconds, 10.0) for each in own]
        recovery.plot(minutes([each.end for each in own]), times, ".", color=colour, label=signal)
    recovery.axhline(RIGHT_AGAIN, color="0.3", lw=0.8)
    recovery.set(ylabel="right again\nafter [s]")
    recovery.legend(loc="upper right", ncols=4)
    for life in chain.lives:
        colour = _COLOURS[life.node]
        memory.plot(minutes(life.at), life.memory, color=colour)
        threads.plot(minutes(life.at), life.threads, color=colour)
        files.plot(minutes(life.at), life.files, color=colour)
    memory.set(ylabel="memory\n(PSS) [MiB]")
    threads.set(ylabel="threads")
    files.set(ylabel="file handles")
    for node, colour in _COLOURS.items():
        memory.plot([], [], color=colour, label=node)
    memory.legend(loc="upper left", ncols=5)
    used = chain.machine
    machine.plot(minutes(used.at), used.busy, color="0.7", label="whole machine")
    machine.plot(minutes(used.at), used.others, color="tab:red", lw=0.8, label="other programs")
    machine.plot(minutes(used.at), used.steal, color="black", lw=0.8, label="stolen by the host")
    machine.set(ylabel="processor", xlabel="time [min]", ylim=(0, 1.02))
    machine.legend(loc="upper right", ncols=3)
    rows[0].set_title("pink: suspended, red: killed, grey: busy loops, olive: other faults", fontsize=10)
    rows[-1].set_xlim(0, (evidence.ended - begun) / 60)
    figure.savefig(path, dpi=70)
    plt.close(figure)
