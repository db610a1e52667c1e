"""Measurements on this machine: its description, its load, memory of a process, and quantiles of times."""

import os
import platform
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

import numpy as np


def describe_machine() -> dict[str, object]:
    """Processor, cores, memory, versions and load average, to be stored with a result."""
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    processor = next(names, platform.processor())
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return {
        "processor": processor,
        "cores": os.cpu_count(),
        "memory_gib": round(memory, 1),
        "system": platform.system(),
        "python": platform.python_version(),
        **{name: _version(name) for name in ("onnxruntime", "torch")},
        "load_before": round(os.getloadavg()[0], 2),
    }


def _version(package: str) -> str | None:
    """Version of an installed package; None without it. The package is not imported."""
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


@dataclass(frozen=True)
class ProcessorTimes:
    """Jiffies of all cores since the machine started."""

    total: int
    idle: int
    steal: int
    niced: int = 0  # of processes with a niceness above 0

    @classmethod
    def now(cls) -> "ProcessorTimes":
        """Read /proc/stat."""
        fields = [int(field) for field in Path("/proc/stat").read_text().splitlines()[0].split()[1:9]]
        return cls(sum(fields), fields[3] + fields[4], fields[7], fields[1])

    def since(self, before: "ProcessorTimes") -> dict[str, float]:
        """Percentages of the core time since `before`: busy, and stolen by the host."""
        total = max(1, self.total - before.total)
        return {
            "busy_percent": round(100 * (1 - (self.idle - before.idle) / total), 1),
            "steal_percent": round(100 * (self.steal - before.steal) / total, 2),
        }

    def others_since(self, before: "ProcessorTimes", own_seconds: float, yielding: bool = False) -> float:
        """Share, 0 to 1, of the core time since `before` that other programs or the host used.

        Args:
            own_seconds: processor time that the measured programs used themselves.
            yielding: leave out processes with a niceness above 0, which give way to those with 0.
        """
        total = max(1, self.total - before.total)
        busy = total - (self.idle - before.idle)
        if yielding:
            busy -= self.niced - before.niced
        return min(1.0, max(0.0, (busy - own_seconds * os.sysconf("SC_CLK_TCK")) / total))


def proportional_memory(pid: int) -> float:
    """Proportional set size of a process in MiB. Raises OSError if the kernel does not report it."""
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) / 1024
    raise OSError(f"/proc/{pid}/smaps_rollup has no line Pss")


def processor_seconds(pid: int) -> float:
    """Processor time that a process has used, all its threads, s. Raises OSError if there is no such process."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def quantiles(values: np.ndarray) -> dict[str, float]:
    """Median, p95, p99 and the largest, rounded to hundredths."""
    named = zip(("p50", "p95", "p99"), np.percentile(values, (50, 95, 99)), strict=True)
    return {name: round(float(value), 2) for name, value in named} | {"max": round(float(np.max(values)), 2)}
