"""The figures of the benchmark of a head beside busy programs, from records whose figures are known."""

import os
import time

from benchmarks.load import Phase, busy_loops, draw, phase_figures, table

SECOND, FRAME = 10**9, 40_000_000


def records():
    """Three phases of 10 s: quiet, with load, quiet. Under load every second picture is missing, and 5 frames."""
    motions, images, statuses, skipped = [], [], [], 0
    for frame in range(750):
        stamp = frame * FRAME
        loaded = 250 <= frame < 500
        if not 300 <= frame < 305:
            motions.append((stamp, (180 if loaded else 110) * 10**6, 10 * 10**6, frame, 1, 0))
        if loaded and frame % 2:
            skipped += 1
        else:
            images.append((stamp, stamp + 130 * 10**6))
        if frame % 5 == 0:
            statuses.append({"at": stamp, "images_dropped": skipped})
    shares = ((0, 0.1), (6, 0.9), (0, 0.1))
    phases = [
        Phase(loops, 10 * number * SECOND, 10 * (number + 1) * SECOND, others, {"head": 0.3})
        for number, (loops, others) in enumerate(shares)
    ]
    return {"motions": motions, "images": images, "statuses": statuses}, phases


def test_figures_of_a_load_that_is_known():
    watched, phases = records()
    quiet, loaded, after = phase_figures(watched, phases)
    assert (quiet["frames_lost"], quiet["pictures_percent"], quiet["longest_freeze_ms"]) == (0, 100.0, 40)
    assert (loaded["frames_lost"], loaded["pictures_percent"], loaded["longest_freeze_ms"]) == (5, 50.0, 80)
    assert loaded["spacing_in_frames"] == {2: 124}
    assert loaded["latency_ms"]["p50"] == 180
    assert loaded["skipped_by_head"] >= 120
    assert after["normal_after_s"] <= 0.2
    assert "| 6 | 90 % | 5 | 180 / 180 / 180 | 50.0 % |" in table([quiet, loaded, after])


def test_the_curve_is_drawn(tmp_path):
    draw(*records(), tmp_path / "load.png")
    assert (tmp_path / "load.png").stat().st_size > 10_000


def test_busy_loops_use_the_processor_and_end():
    before = os.times()
    with busy_loops(2):
        time.sleep(0.3)
    after = os.times()
    assert after.children_user + after.children_system > before.children_user + before.children_system
