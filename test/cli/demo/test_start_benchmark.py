"""benchmarks/start.py: how long the head takes to be active, and its memory by library."""

import pytest

from benchmarks.start import measure, memory_by_library, report

SMAPS = """\
55d0c0a00000-55d0c0a01000 r--p 00000000 fe:00 100 /ws/.venv/lib/python3.12/site-packages/cv2/cv2.abi3.so
Pss:                1024 kB
Pss_Dirty:          9999 kB
7f0000000000-7f0000001000 r-xp 00000000 fe:00 101 /ws/.venv/lib/python3.12/site-packages/numpy.libs/libblas-6cdc.so
Pss:                 512 kB
7f0000002000-7f0000003000 r-xp 00000000 fe:00 102 /usr/lib/x86_64-linux-gnu/libLLVM-15.so.1
Pss:                 256 kB
7f0000004000-7f0000005000 rw-p 00000000 00:00 0\x20
Pss:                2048 kB
55d0c1000000-55d0c2000000 rw-p 00000000 00:00 0 [heap]
Pss:                 512 kB
7f0000006000-7f0000007000 rw-s 00000000 00:18 9 /dev/shm/fastrtps_2f6c1e708a53dd01 (deleted)
Pss:                4096 kB
7f0000008000-7f0000009000 rw-p 00000000 00:00 0\x20
Pss:                1024 kB
"""


def test_memory_is_summed_by_what_is_mapped():
    assert memory_by_library(SMAPS) == {
        "cv2": 1.0,
        "numpy": 0.5,
        "libLLVM-15": 0.25,
        "anonymous": 3.0,
        "heap": 0.5,
        "shared memory of Fast DDS": 4.0,
    }


def test_the_stages_follow_each_other_and_the_parts_add_up():
    figures = measure(runs=1, seconds=1.0)
    ends = list(figures["stages_s"].values())
    assert ends == sorted(ends)
    assert list(figures["stages_s"])[-1] == "active"
    assert figures["active_s"] == [figures["stages_s"]["active"]]
    assert sum(figures["memory_mib"].values()) == pytest.approx(figures["pss_mib"][-1], abs=10)
    assert "active after" in report(figures)


def test_a_head_that_does_not_start_is_an_error():
    with pytest.raises(RuntimeError, match="ended with 2"):
        measure(runs=1, seconds=0.0, arguments=["--no-such-option"])
