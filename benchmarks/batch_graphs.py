"""python -m benchmarks.batch_graphs: frames of several heads as one batch, against each head's own step.

Sessions in a thread each, as the nodes of `head --heads N` have them, begin each frame together, in turns with batches
(`models.compact.graph.together`) and without. Measured is the processor time of the process, the threads and their
waking included. The frames follow each other as fast as they are made. Writes batch_graphs.json here.
"""

import argparse
import json
import sys
import threading
import time
from pathlib import Path

import numpy as np

from dystream_ros.cli.measuring import describe_machine
from dystream_ros.engine.session import Session
from dystream_ros.models.compact.graph.model import GraphModel
from dystream_ros.models.registry import load_model
from dystream_ros.models.runtime import Runtime

RESULT = Path(__file__).with_name("batch_graphs.json")
PERIOD = 0.04  # s
WINDOW = 1.0  # s; a busy machine lets a thread wait
BLOCK = 25  # frames of a turn
UNCOUNTED = 3  # first frames of a turn: no head is expected yet


class Heads:
    """Sessions on one model, each stepped in a thread of its own; all frames of one number begin together."""

    def __init__(self, model: GraphModel, count: int) -> None:
        self.model = model
        self._sessions = [Session(model, seed) for seed in range(count)]
        self._sound = 0.1 * np.random.default_rng(0).standard_normal((2, 1600)).astype(np.float32)
        self._frame = 0
        self._begin = threading.Barrier(count, self._next)
        if model.together is not None:
            model.together.clock = lambda: self._frame * PERIOD

    def _next(self) -> None:
        self._frame += 1

    def run(self) -> float:
        """One turn: processor time of the process per frame of all heads, ms."""
        marks: list[float] = []

        def live(session: Session) -> None:
            for number in range(BLOCK):
                place = self._begin.wait()
                if number == UNCOUNTED and place == 0:
                    marks.append(time.process_time())
                session.step(*self._sound[:, : session.samples_needed])

        threads = [threading.Thread(target=live, args=(session,)) for session in self._sessions]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return 1e3 * (time.process_time() - marks[0]) / (BLOCK - UNCOUNTED)


def compare(count: int, turns: int) -> dict[str, object]:
    """Medians of both ways over turns, and how the batches came about."""
    ways = {"as batches": Runtime(together=count, window=WINDOW), "each alone": Runtime()}
    heads, spent = {}, {name: list[float]() for name in ways}
    for name, runtime in ways.items():
        network = load_model("compact", runtime).network
        assert isinstance(network, GraphModel)
        heads[name] = Heads(network, count)
    for _ in range(turns):
        for name, each in heads.items():
            spent[name].append(each.run())
    figures: dict[str, object] = {f"{name}, ms": round(float(np.median(each)), 2) for name, each in spent.items()}
    together = heads["as batches"].model.together
    assert together is not None
    figures["steps"] = {f"of {size}": steps for size, steps in sorted(together.steps.items())}
    ratios = [batch / alone for batch, alone in zip(*spent.values(), strict=True)]
    return figures | {"ratio": round(float(np.median(ratios)), 2)}


def main(argv: list[str] | None = None) -> int:
    """Measure; returns the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.batch_graphs", description=(__doc__ or "").split(": ")[1]
    )
    parser.add_argument("--turns", type=int, default=10, help="of each way (default %(default)s)")
    parser.add_argument(
        "--heads", type=int, nargs="*", default=[2, 4, 8], help="numbers of heads (default %(default)s)"
    )
    args = parser.parse_args(argv)
    figures: dict[str, object] = {"machine": describe_machine()}
    for count in args.heads:
        figures[f"{count} heads"] = compare(count, args.turns)
        sys.stdout.write(f"{count} heads {json.dumps(figures[f'{count} heads'])}\n")
        sys.stdout.flush()
    RESULT.write_text(json.dumps(figures, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
