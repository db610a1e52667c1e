"""Raises of the brows are found where they begin."""

import numpy as np

from dystream_lab.teacher.brows import brow_onsets, raise_brows
from dystream_lab.teacher.pulses import bump, frame_times, plateau
from dystream_ros.face.arkit import ARKIT_INDEX


def test_raises_are_found_where_they_begin():
    motion = np.zeros((500, 58))
    times = frame_times(500)
    raise_brows(motion, 0.2 * bump(times, 2.0, 0.6, 0.35) + 0.4 * plateau(times, 10.0, 1.6, 0.3))
    found = brow_onsets(motion)
    assert len(found) == 2
    assert np.abs(found - [50, 250]).max() <= 3
    assert (motion[found, ARKIT_INDEX["browInnerUp"]] > 0.0).all()


def test_what_hardly_moves_and_what_stays_is_no_raise():
    motion = np.zeros((500, 58))
    motion[100:, ARKIT_INDEX["browInnerUp"]] = 0.3
    raise_brows(motion, 0.05 * bump(frame_times(500), 10.0, 0.6, 0.4))
    assert len(brow_onsets(motion)) == 0
