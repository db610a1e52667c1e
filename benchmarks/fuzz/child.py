"""The process in which libFuzzer gives one target its inputs."""

import hashlib
import json
import sys
import time
import traceback
from pathlib import Path

from benchmarks.fuzz.choices import Choices
from benchmarks.fuzz.target import Target

_MEBIBYTES = 3000
_LONGEST = 5.0
"""Processor time of one input, s: the time on the wall says nothing on a machine that other programs use."""


def fuzz(target: Target, minutes: float, folder: Path, timeout: int) -> int:
    """Fuzz one target. libFuzzer ends the process; `report.json` in `folder` has what was run and found.

    Args:
        target: what is fuzzed.
        minutes: for how long.
        folder: of the target: its corpus and what is found.
        timeout: s on the wall after which an input is kept and the run ends.
    """
    try:
        import atheris
    except ImportError:
        print("coverage-guided fuzzing needs the package atheris: pip install atheris", file=sys.stderr)
        return 2
    corpus = folder / "corpus"
    corpus.mkdir(parents=True, exist_ok=True)
    with atheris.instrument_imports(include=["dystream_ros"]):
        take = target.prepare()
    report = _Report(folder)

    def one(data: bytes) -> None:
        begin = time.process_time()
        try:
            take(Choices(data))
        except Exception as error:
            report.found(f"{type(error).__name__} at {_place(error)}", data, error)
        spent = time.process_time() - begin
        if spent > _LONGEST:
            report.found("slow", data, TimeoutError(f"{spent:.1f} s of processor time"))
        report.ran(spent)

    options = [
        f"-max_total_time={round(60 * minutes)}",
        f"-max_len={target.longest}",
        f"-timeout={timeout}",
        f"-rss_limit_mb={_MEBIBYTES}",
        f"-artifact_prefix={folder}/",
        "-print_final_stats=1",
        "-len_control=0",
    ]
    atheris.Setup([sys.argv[0], *options, str(corpus)], one)
    atheris.Fuzz()
    return 0


class _Report:
    """What was run and found, written as it changes: nothing runs after libFuzzer has ended the process."""

    _EVERY = 20

    def __init__(self, folder: Path) -> None:
        self._folder, self._inputs, self._slowest = folder, 0, 0.0
        self._found: dict[str, dict] = {}

    def ran(self, spent: float) -> None:
        """One input took `spent` s of processor time."""
        self._inputs += 1
        self._slowest = max(self._slowest, spent)
        if self._inputs % self._EVERY == 0:
            self._write()

    def found(self, kind: str, data: bytes, error: Exception) -> None:
        """Keep an input that did what it should not; of each kind the shortest one."""
        each = self._found.setdefault(kind, {"count": 0, "file": ""})
        each["count"] += 1
        if not each["file"] or len(data) < each["size"]:
            path = self._folder / f"finding-{hashlib.sha256(kind.encode()).hexdigest()[:10]}"
            path.write_bytes(data)
            each |= {"file": str(path), "size": len(data), "text": str(error)[:300]}
            each["traceback"] = "".join(traceback.format_exception(error))[-2000:]
        self._write()

    def _write(self) -> None:
        report = {"inputs": self._inputs, "slowest_s": round(self._slowest, 2), "findings": self._found}
        (self._folder / "report.json").write_text(json.dumps(report, indent=1))


def _place(error: BaseException) -> str:
    """File and line, in this package, where an error comes from."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if "/dystream_" in frame.filename] or list(frames)
    return f"{Path(own[-1].filename).name}:{own[-1].lineno}"
