"""Offset, LSE-C and LSE-D of vectors whose shift is known."""

import tracemalloc

import numpy as np
import pytest

from dystream_lab.sync.score import LEAST, REACH, SHIFTS, SyncMeter, least_frames

FRAMES = 200


def vectors(seed: int, count: int = FRAMES) -> np.ndarray:
    """Unit vectors (count, 16)."""
    drawn = np.random.default_rng(seed).standard_normal((count, 16)).astype(np.float32)
    return drawn / np.linalg.norm(drawn, axis=1, keepdims=True)


def scored(sound: np.ndarray, face: np.ndarray, pieces: int = 1):
    meter = SyncMeter()
    for part in zip(np.array_split(sound, pieces), np.array_split(face, pieces)):
        meter.add(*part)
    return meter.score()


@pytest.mark.parametrize("frames", [-5, -1, 0, 3, 15])
def test_a_face_that_is_late_has_a_positive_offset(frames):
    sound = vectors(0)
    assert scored(sound, np.roll(sound, frames, 0)).offset_ms == 40 * frames


def test_the_score_is_the_definition_written_out():
    sound, face = vectors(1), vectors(2)
    windows = range(REACH, FRAMES - REACH)
    means = [np.mean([np.linalg.norm(face[t] - sound[t - shift]) for t in windows]) for shift in SHIFTS]
    score = scored(sound, face)
    np.testing.assert_allclose(score.distances, means, rtol=1e-5)
    assert score.lse_d == pytest.approx(min(means))
    assert score.lse_c == pytest.approx(np.median(means) - min(means), abs=1e-6)
    assert score.offset_ms == 40 * SHIFTS[int(np.argmin(means))]
    assert score.windows == len(windows)


def test_pieces_of_any_length_give_the_same_score():
    sound, face = vectors(1), vectors(2)
    for pieces in (3, 7, 200):
        np.testing.assert_allclose(scored(sound, face, pieces).distances, scored(sound, face).distances, rtol=1e-6)


def test_windows_without_a_face_are_left_out_and_the_others_keep_their_place():
    sound = vectors(0)
    face = np.roll(sound, 4, 0)
    face[60:100] = np.nan
    score = scored(sound, face)
    assert score.offset_ms == 160
    assert score.windows == FRAMES - 2 * REACH - 40
    assert score.lse_d == pytest.approx(0.0, abs=1e-3)


def test_a_face_that_does_not_move_has_a_confidence_near_zero():
    sound = vectors(0, 2000)
    still = np.repeat(vectors(5)[:1], len(sound), 0)
    assert scored(sound, still).lse_c < 0.01
    assert scored(sound, sound).lse_c > 1.0


def test_nothing_is_compared_across_a_cut():
    sound = vectors(0)
    meter = SyncMeter()
    for shift in (2, 2):
        meter.add(sound, np.roll(sound, shift, 0))
        meter.reset_time()
    assert meter.score().windows == 2 * (FRAMES - 2 * REACH)


def test_a_score_needs_a_second_of_windows():
    assert scored(vectors(0, 2 * REACH + LEAST - 1), vectors(0, 2 * REACH + LEAST - 1)) is None
    assert scored(vectors(0, 2 * REACH + LEAST), vectors(0, 2 * REACH + LEAST)).windows == LEAST
    assert least_frames(5) == LEAST + 2 * REACH + 4


def test_memory_does_not_grow_with_the_length_of_a_recording():
    def peak(blocks: int) -> int:
        meter = SyncMeter()
        part = vectors(0, 250)
        meter.add(part, part)
        tracemalloc.start()
        for _ in range(blocks):
            meter.add(part, part)
        largest = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return largest

    assert peak(40) < 1.05 * peak(4)
