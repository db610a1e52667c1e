"""Dials for studies: one dial changes what it is named for, and the same seed keeps everything else."""

import numpy as np
import pytest

from dystream_ros.engine.session import Session
from dystream_ros.face import numbers as n
from dystream_ros.face.dials import Dials, EventRates
from dystream_ros.face.motion import ARKIT_LAYOUT, SPEAKING_SELF, MotionFrame
from dystream_ros.face.stages.directed import DirectedFace
from dystream_ros.models.registry import load_model
from dystream_ros.models.runtime import Runtime

FRAME = 0.04
SECONDS = 3.0
TURNING = n.EYES | n.LIDS | np.isin(np.arange(n.SIZE), [n.INDEX["eyeWideLeft"], n.INDEX["eyeWideRight"]])
# Numbers that each dial may change: eyes and lids make up for the head, and the lips for a larger smile.
CHANGED = {
    "smiles": n.SMILING | n.LIPS,
    "head_motion": n.HEAD | TURNING,
    "articulation": n.LIPS,
    "eye_contact_speaking": TURNING,
    "eye_contact_listening": TURNING,
}


@pytest.fixture(scope="module")
def session():
    return Session(load_model("compact", Runtime()).network)


@pytest.fixture(scope="module")
def voices():
    random = np.random.default_rng(0)
    time = np.arange(round(SECONDS * 16_000)) / 16_000
    syllables = np.clip(np.sin(2 * np.pi * 4 * time), 0, None) * random.standard_normal(time.size)
    half = time < SECONDS / 2
    return np.stack([0.2 * syllables * half, 0.2 * syllables * ~half]).astype(np.float32)


def play(session, voices, dials):
    """Numbers (frames, 58) that were shown, and that the model made."""
    session.reset(3)
    face = DirectedFace(session.layout, session.set_event_rates)
    face.set_dials(dials)
    shown, made, place = [], [], 0
    while place + session.samples_needed <= voices.shape[1]:
        part = voices[:, place : place + session.samples_needed]
        place += part.shape[1]
        motion = session.step(*part)
        motion = MotionFrame(len(shown), motion.values, motion.head_pose, SPEAKING_SELF * (len(shown) < 37))
        result = face.apply(motion, (len(shown) + 0.5) * FRAME)
        if (back := face.fed_back(result)) is not motion:
            session.emitted(back)
        shown.append(n.numbers_of(result))
        made.append(n.numbers_of(motion))
    session.set_event_rates(EventRates())
    return np.stack(shown), np.stack(made)


@pytest.fixture(scope="module")
def learned(session, voices):
    shown, made = play(session, voices, Dials())
    assert (shown == made).all(), "without a direction the motion is that of the model, bit for bit"
    return shown


@pytest.mark.parametrize("value", [0.0, 2.0])
@pytest.mark.parametrize("dial", CHANGED)
def test_a_size_or_contact_changes_only_what_it_is_named_for(session, voices, learned, dial, value):
    shown, made = play(session, voices, Dials(**{dial: value}))
    assert (made == learned).all(), "the model goes on as without the dial, bit for bit"
    assert (shown[:, ~CHANGED[dial]] == learned[:, ~CHANGED[dial]]).all()
    # More contact than learned changes nothing while the model looks at its partner.
    assert value == 2.0 or (shown[:, CHANGED[dial]] != learned[:, CHANGED[dial]]).any()


@pytest.mark.parametrize("event", ["nod", "gaze_shift", "blink", "brow_raise"])
def test_a_rate_leaves_everything_as_it_is_until_the_first_event_that_differs(session, voices, learned, event):
    _, made = play(session, voices, Dials(EventRates(**{event: 0.5})))
    same = (made == learned).all(axis=1)
    first = len(same) if same.all() else int(same.argmin())
    assert first > 1
    assert same[:first].all()


def nodding(rate, seconds=20.0):
    """Pitch of a head that nods every two seconds and turns slowly down, with a dial, in degrees."""
    face = DirectedFace(ARKIT_LAYOUT)
    face.set_dials(Dials(EventRates(nod=rate)))
    time = (np.arange(round(seconds / FRAME)) + 0.5) * FRAME
    pitch = 0.05 * np.clip(np.sin(np.pi * (time % 2.0) / 0.5), 0, None) * (time % 2.0 < 0.5) + 0.003 * time
    shown = []
    for frame, angle in enumerate(pitch):
        pose = np.zeros(6, np.float32)
        pose[1] = angle
        shown.append(face.apply(MotionFrame(frame, np.zeros(52, np.float32), pose), time[frame]).head_pose[1])
    return np.degrees(np.array(shown)), np.degrees(pitch)


def test_a_rate_of_no_nods_leaves_none_and_keeps_the_posture():
    shown, pitch = nodding(0.0)
    window = 30  # frames: 1.2 s, in which a nod would go down by 1.4 degrees and up again
    dips = [
        shown[i] - max(shown[max(i - 15, 0) : i + 1].min(), shown[i : i + 16].min()) for i in range(window, len(shown))
    ]
    assert max(dips) < 1.0
    assert shown[-1] == pytest.approx(pitch[-window:].mean(), abs=1.5)
    assert np.ptp(nodding(0.1)[0] - shown) > 0.5
    assert (nodding(1.0)[0] == np.degrees(np.radians(pitch).astype(np.float32))).all()
