"""What machine a figure was measured on, and what else ran on it."""

import os
import platform
from dataclasses import dataclass
from pathlib import Path


def describe() -> dict[str, object]:
    """Processor, cores, memory and versions, for the head of a result."""
    import torch

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
        "torch": torch.__version__,
        "load_before": round(os.getloadavg()[0], 2),
    }


@dataclass(frozen=True)
class ProcessorTimes:
    """Jiffies of all cores since the machine started."""

    total: int
    idle: int
    steal: int

    @classmethod
    def now(cls) -> "ProcessorTimes":
        """Read /proc/stat."""
        fields = [int(field) for field in Path("/proc/stat").read_text().splitlines()[0].split()[1:9]]
        return cls(sum(fields), fields[3] + fields[4], fields[7])

    def since(self, before: "ProcessorTimes") -> dict[str, float]:
        """Share in percent of the time since `before` that the cores were busy, and that the host took away."""
        total = max(1, self.total - before.total)
        return {
            "busy_percent": round(100 * (1 - (self.idle - before.idle) / total), 1),
            "steal_percent": round(100 * (self.steal - before.steal) / total, 2),
        }


def proportional_memory(pid: int) -> float:
    """Proportional set size of a process in MiB."""
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) / 1024
    raise OSError(f"/proc/{pid}/smaps_rollup tells no Pss")
