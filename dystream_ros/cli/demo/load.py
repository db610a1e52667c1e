"""Processor load of the machine while the nodes run: of the nodes and of other programs."""

import os
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from dystream_ros.cli.measuring import ProcessorTimes


@dataclass
class Load:
    """Processor load of the machine, over all cores.

    Attributes:
        cores: number of cores.
        average: the load average of one minute, before the nodes started.
        busy: share, 0 to 1, of all cores that was in use.
        others: share, 0 to 1, of all cores that programs other than the nodes used.
    """

    cores: int
    average: float
    busy: float = 0.0
    others: float = 0.0


@contextmanager
def measured_load() -> Iterator[Load]:
    """Measures the load during the block, in which the nodes start and end."""
    load = Load(os.cpu_count() or 1, os.getloadavg()[0])
    before, own_before = ProcessorTimes.now(), _own_seconds()
    yield load
    after = ProcessorTimes.now()
    load.busy = after.since(before)["busy_percent"] / 100
    load.others = after.others_since(before, _own_seconds() - own_before)


def _own_seconds() -> float:
    """Processor seconds of this process and of its children that have ended."""
    usages = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)
