"""The whole chain of nodes beside random faults: python -m benchmarks.soak --minutes 60 (or make soak MINUTES=60)

Runs two voices, head, recorder, display and joints as real processes over DDS. Faults come from the seed. Writes the
figures as JSON and one picture. Exit status: 0 passed, 1 failed, 3 the machine was too busy with other programs to say.
"""

import argparse
import json
import os
import tempfile
import threading
import time
from pathlib import Path

from benchmarks.soak.plan import NODES, plan

LIGHT = ("head", "source", "actuators")

_START = 30.0  # s until every node has given its first signal
_SERVICE = 10.0  # s until a service of a running head has answered
_VERDICTS = {"passed": 0, "failed": 1, "not judged": 3}


def main() -> int:
    """Run a soak; returns the exit status of the process."""
    description, _, more = (__doc__ or "").partition("\n\n")
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.soak", description=description.split(": ")[0] + ".", epilog=more
    )
    parser.add_argument("--minutes", type=float, default=60.0, help="length of the run (default %(default)s)")
    parser.add_argument("--seed", type=int, default=1, help="of the faults (default %(default)s)")
    parser.add_argument("--size", type=int, default=256, help="pixels of the images (default %(default)s)")
    parser.add_argument("--json", type=Path, default=Path("soak/soak.json"), help="figures (default %(default)s)")
    parser.add_argument("--png", type=Path, default=Path("soak/soak.png"), help="picture (default %(default)s)")
    parser.add_argument("--logs", type=Path, help="folder in which logs and recordings are kept (default: none)")
    parser.add_argument("--light", action="store_true", help="no images: only voices, head and joints, for the tests")
    parser.add_argument("--plan", action="store_true", help="print the faults of this seed, and run nothing")
    args = parser.parse_args()
    if not 1.0 <= args.minutes <= 24 * 60:
        parser.error(f"--minutes is {args.minutes:g}; accepted are 1 to 1440")
    faults = plan(args.seed, 60 * args.minutes, LIGHT if args.light else NODES)
    if args.plan:
        for fault in faults:
            print(f"{fault.at:8.1f} s  {fault}")
        return 0
    for path in (args.json, args.png):
        path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as temporary:
        folder = args.logs or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        result = _soak(faults, args, folder)
    args.json.write_text(json.dumps(result, indent=1) + "\n")
    _print(result)
    print(args.json, args.png, sep="\n")
    return _VERDICTS[str(result["verdict"])]


def _soak(faults: list, args: argparse.Namespace, folder: Path) -> dict[str, object]:
    # Here and not above: --help and --plan need no ROS.
    import rclpy

    from benchmarks.soak import drawing, report
    from benchmarks.soak.chain import SAMPLE, Chain, virtual_screen
    from benchmarks.soak.faults import Injector
    from benchmarks.soak.observer import Observer
    from dystream_ros.cli.demo.domain import local_environment
    from dystream_ros.cli.measuring import describe_machine

    environment = local_environment()
    os.environ.update(environment)
    machine = describe_machine()
    stopping = threading.Event()
    with virtual_screen(not args.light) as screen:
        rclpy.init()
        observer = Observer(images=not args.light)
        chain = Chain(environment | ({"DISPLAY": screen} if screen else {}), folder, args.size, not args.light)
        evidence = report.Evidence(begun=time.monotonic(), ended=0.0, images=not args.light)
        sampling = threading.Thread(target=_sample, args=(chain, observer, stopping, SAMPLE, evidence), daemon=True)
        try:
            for node in LIGHT if args.light else NODES:
                if node != "display" or screen:
                    chain.start(node)
            _await_signals(chain, observer, evidence)
            evidence.begun = origin = time.monotonic()
            sampling.start()
            injector = Injector(chain, observer, stopping)
            for number, fault in enumerate(faults, 1):
                time.sleep(max(0.0, origin + fault.at - time.monotonic()))
                shift = time.monotonic() - origin - fault.at
                print(f"{fault.at / 60:6.1f} min  {number}/{len(faults)}  {fault}", flush=True)
                begin, end = injector.inject(fault)
                evidence.faults.append(report.Injected(fault, begin, end))
                # What took longer than planned moves all that follows.
                origin += max(0.0, shift, end - begin - (fault.end - fault.at))
            time.sleep(max(0.0, origin + 60 * args.minutes - time.monotonic()))
            evidence.ended = time.monotonic()
        except KeyboardInterrupt:
            print("interrupted: judging what was seen so far")
            evidence.ended = time.monotonic()
        finally:
            stopping.set()
            if sampling.is_alive():
                sampling.join()
            evidence.statuses = chain.close()
            observer.close()
            rclpy.try_shutdown()
        evidence.unplayable = _unplayable(chain)
        if args.logs:
            observer.seen.save(folder / "seen.npz")
        found = report.judge(evidence, observer, chain)
        drawing.draw(evidence, observer, chain, report.recoveries(evidence, observer, chain), args.png)
    return {"machine": machine, "seed": args.seed, "size": args.size, **found, "injected": report.as_json(evidence)}


def _await_signals(chain, observer, evidence) -> None:
    """Wait for the first sign of life of each node, and measure how long it takes."""
    seen, begun = observer.seen, evidence.begun
    wanted = {
        "head": lambda: seen.motions,
        "source": lambda: any(each["other_receiving"] for each in seen.statuses),
        "recorder": lambda: any(path.stat().st_size for path in chain.recordings()),
        "actuators": lambda: seen.previews,
        "display": lambda: "/display: state" in seen.diagnostics,
    }
    wanted = {life.node: wanted[life.node] for life in chain.lives}
    while missing := wanted.keys() - evidence.starts.keys():
        for node in missing:
            if wanted[node]():
                evidence.starts[node] = time.monotonic() - begun
        if ended := chain.ended():
            raise RuntimeError("; ".join(ended))
        if time.monotonic() - begun > _START:
            raise RuntimeError(f"no sign of life of {', '.join(sorted(missing))} within {_START:g} s")
        time.sleep(0.02)


def _sample(chain, observer, stopping: threading.Event, every: float, evidence) -> None:
    while not stopping.wait(every):
        chain.sample()
        for crash in chain.ended():
            evidence.crashed.append(crash)
            print(crash, flush=True)
            chain.start(crash.partition(" ")[0])
        if chain.runs("head"):
            observer.unanswered(_SERVICE)


def _unplayable(chain) -> list[str]:
    """The recordings of recorders that ended by themselves or at the end, and cannot be read."""
    import av

    recorders = [life for life in chain.lives if life.node == "recorder"]
    found = []
    for path, life in zip(chain.recordings(), recorders):
        try:
            with av.open(str(path)) as container:
                frames = sum(1 for _ in container.decode(video=0))
            problem = "" if frames else "it has no picture"
        except (av.FFmpegError, IndexError) as error:
            problem = str(error)
        if problem:
            how = "was killed" if life.killed else "ended in order"
            found.append(f"{path.name} cannot be played, its recorder {how}: {problem}")
    return found


def _print(result: dict) -> None:
    for name, findings in result["findings"].items():
        for finding in findings:
            print(f"{name}: {finding}")
    for name in ("minutes", "faults", "frames", "latency_ms", "recovery_s", "speech_sent_s", "others_share"):
        print(f"{name}: {result[name]}")
    late = result["late_on_an_overloaded_machine"]
    if late:
        print(f"{len(late)} late recoveries while other programs used the machine, not judged")
    print(f"verdict: {result['verdict']}")


if __name__ == "__main__":
    raise SystemExit(main())
