"""Shares of the processor, and quantiles."""

import os

import numpy as np
import pytest

from dystream_ros.cli.demo.load import measured_load
from dystream_ros.cli.measuring import ProcessorTimes, describe_machine, proportional_memory, quantiles

TICKS = os.sysconf("SC_CLK_TCK")


def test_what_the_measured_programs_did_not_use_is_others():
    before, after = ProcessorTimes(0, 0, 0), ProcessorTimes(total=20 * TICKS, idle=5 * TICKS, steal=2 * TICKS)
    assert after.since(before) == {"busy_percent": 75.0, "steal_percent": 10.0}
    assert after.others_since(before, own_seconds=15.0) == 0.0
    assert after.others_since(before, own_seconds=10.0) == pytest.approx(0.25)
    assert after.others_since(before, own_seconds=99.0) == 0.0
    niced = ProcessorTimes(after.total, after.idle, after.steal, niced=2 * TICKS)
    assert niced.others_since(before, own_seconds=10.0) == pytest.approx(0.25)
    assert niced.others_since(before, own_seconds=10.0, yielding=True) == pytest.approx(0.15)


def test_the_work_of_this_process_is_not_that_of_others():
    with measured_load() as load:
        end = os.times().user + 0.3
        while os.times().user < end:
            sum(range(1000))
    assert load.cores == os.cpu_count()
    assert 0 <= load.others <= load.busy <= 1
    assert load.busy - load.others > 0.02


def test_quantiles_are_rounded():
    assert quantiles(np.arange(101) / 3) == {"p50": 16.67, "p95": 31.67, "p99": 33.0, "max": 33.33}


def test_a_machine_is_described():
    machine = describe_machine()
    assert machine["cores"] == os.cpu_count()
    assert machine["memory_gib"] > 0


def test_the_memory_of_a_process_is_measured():
    assert proportional_memory(os.getpid()) > 1
