"""Fuzzes readers and handlers by coverage: python -m benchmarks.fuzz face audio --minutes 60

Each target runs in a process of its own, by libFuzzer through the package atheris. An input that raises what it should
not, or takes 5 s of processor time, is kept under fuzz/NAME and the run goes on. One that takes longer than --timeout
or 3 GB is kept and ends the run. Runs add up in fuzz/totals.json. Needs `source scripts/env.sh`.
"""

import argparse
import json
import resource
import subprocess
import sys
import time
from pathlib import Path

from benchmarks.fuzz.child import fuzz
from benchmarks.fuzz.choices import Choices
from benchmarks.fuzz.target import Target
from benchmarks.fuzz.totals import Totals, publish


def targets() -> dict[str, Target]:
    """All targets by name."""
    from benchmarks.fuzz.files import FILES
    from benchmarks.fuzz.messages import MESSAGES
    from benchmarks.fuzz.others import OTHERS

    return {target.name: target for target in (*FILES, *MESSAGES, *OTHERS)}


def main() -> int:
    """Fuzz some targets; the exit status is 1 if one of them failed."""
    known = targets()
    listed = "".join(f"\n  {name:<16}{target.what}" for name, target in known.items())
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.fuzz",
        description=(__doc__ or "") + "\ntargets:" + listed,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help="targets (default: all)")
    parser.add_argument("--minutes", type=float, default=60.0, help="for each target (default %(default)s)")
    parser.add_argument("--rounds", type=int, default=1, help="times that all targets run (default %(default)s)")
    parser.add_argument(
        "--timeout", type=int, default=20, help="s for one input; more on a busy machine (default %(default)s)"
    )
    parser.add_argument("--folder", type=Path, default=Path("fuzz"), help="corpora and findings (default %(default)s)")
    parser.add_argument(
        "--replay", type=Path, metavar="FILE", help="run one kept input of a target, with its traceback"
    )
    parser.add_argument(
        "--publish", action="store_true", help="run nothing; write the sums into benchmarks/fuzz.json and docs/soak.md"
    )
    parser.add_argument("--child", action="store_true", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if unknown := set(args.names) - known.keys():
        parser.error(f"unknown target {', '.join(sorted(unknown))}; accepted are {', '.join(known)}")
    chosen = [known[name] for name in args.names] or list(known.values())
    totals = args.folder / "totals.json"
    if args.publish:
        publish(totals, list(known))
        return 0
    if args.replay:
        chosen[0].prepare()(Choices(args.replay.read_bytes()))
        return 0
    if args.child:
        return fuzz(chosen[0], args.minutes, args.folder / chosen[0].name, args.timeout)
    failed = False
    for _ in range(args.rounds):
        for target in chosen:
            failed |= not _run(target, args.minutes, args.folder / target.name, args.timeout, totals)
    return 1 if failed else 0


def _run(target: Target, minutes: float, folder: Path, timeout: int, totals: Path) -> bool:
    """Fuzz one target in a process of its own; False if something was found or the fuzzer failed."""
    corpus = folder / "corpus"
    corpus.mkdir(parents=True, exist_ok=True)
    read_again = sum(1 for _ in corpus.iterdir())
    before = set(_ended_by(folder))
    (folder / "report.json").unlink(missing_ok=True)
    command = [sys.executable, "-m", "benchmarks.fuzz", target.name, "--child", "--minutes", str(minutes)]
    command += ["--folder", str(folder.parent), "--timeout", str(timeout)]
    begin, spent = time.monotonic(), _children_spent()
    with (folder / "log.txt").open("w") as log:
        status = subprocess.run(command, stdout=log, stderr=subprocess.STDOUT, check=False).returncode
    found = _report(folder)
    ended_by = [name for name in _ended_by(folder) if name not in before]
    Totals(totals).add(
        target.name,
        seconds=time.monotonic() - begin,
        processor=_children_spent() - spent,
        inputs=found["inputs"] - read_again,
        slowest=found["slowest_s"],
        kinds=len(found["findings"]) + len(ended_by),
    )
    print(f"{target.name}: {found['inputs']} inputs, {len(found['findings'])} kinds of findings", *ended_by, flush=True)
    for kind, each in found["findings"].items():
        print(f"  {each['count']} x {kind}  ({each['file']})", flush=True)
    if status and not ended_by and not found["inputs"]:
        print(f"  the fuzzer ended with {status}: see {folder / 'log.txt'}", flush=True)
        return False
    return not (found["findings"] or ended_by)


def _ended_by(folder: Path) -> list[str]:
    """Inputs that ended a run: a crash, a timeout, too much memory."""
    return sorted(path.name for kind in ("crash", "timeout", "oom") for path in folder.glob(f"{kind}-*"))


def _children_spent() -> float:
    """Processor time of the children of this process that have ended, s."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def _report(folder: Path) -> dict:
    path = folder / "report.json"
    return json.loads(path.read_text()) if path.exists() else {"inputs": 0, "slowest_s": 0.0, "findings": {}}


if __name__ == "__main__":
    raise SystemExit(main())
