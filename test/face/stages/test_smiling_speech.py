"""P, B and M close the lips while the face smiles, and vowels still open them."""

import numpy as np
import pytest

from dystream_lab.teacher.coarticulation import at_frames, mouth_curves
from dystream_ros.face import numbers as n
from dystream_ros.face.contact import gap
from dystream_ros.face.dials import Dials
from dystream_ros.face.motion import ARKIT_LAYOUT, SPEAKING_SELF, MotionFrame
from dystream_ros.face.stages.directed import DirectedFace

FRAME = 0.04
PHONES = "AA P AA B IY M UW P EH B OW M AE P AA".split()
LENGTH = 0.14  # s of each phone
CLOSED = 0.02  # of the gap at jawOpen 1


@pytest.fixture(scope="module")
def speech():
    """Coefficients (frames, 52) of the words, by the teacher, and which frames it closes and opens."""
    phones = [(0.4 + LENGTH * place, 0.4 + LENGTH * (place + 1), phone) for place, phone in enumerate(PHONES)]
    values = at_frames(mouth_curves(phones, phones[-1][1] + 0.4))
    gaps = np.array([gap(np.concatenate([each, np.zeros(6)])) for each in values])
    assert (gaps < 0.005).sum() > 10
    return values, gaps < 0.005, gaps > 0.2


def spoken(face, values, own_smile=0.0):
    shown = []
    for frame, each in enumerate(values):
        each = each.copy()
        each[n.SMILE[: n.VALUES]] = own_smile
        motion = MotionFrame(frame, each, np.zeros(6, np.float32), SPEAKING_SELF)
        result = face.apply(motion, (frame + 0.5) * FRAME)
        face.fed_back(result)
        shown.append(n.numbers_of(result))
    return np.stack(shown)


@pytest.mark.parametrize("intensity", [0.5, 1.0])
@pytest.mark.parametrize("name", ["happy", "excited"])
def test_contacts_close_under_a_smile(speech, name, intensity):
    values, closed, opened = speech
    face = DirectedFace(ARKIT_LAYOUT)
    face.express(name, intensity=intensity)
    for frame in range(25):  # the smile is there before the first word
        face.apply(MotionFrame(frame, np.zeros(52, np.float32), np.zeros(6, np.float32)), (frame - 24.5) * FRAME)
    shown = spoken(face, values)
    assert shown[:, n.INDEX["mouthSmileLeft"]].mean() > 0.3 * intensity
    gaps = np.array([gap(each) for each in shown])
    assert gaps[closed].max() < CLOSED
    assert gaps[opened].min() > 0.1


def test_contacts_close_under_the_models_own_smile_enlarged_by_its_dial(speech):
    values, closed, opened = speech
    face = DirectedFace(ARKIT_LAYOUT)
    face.set_dials(Dials(smiles=3.0, articulation=1.5))
    shown = spoken(face, values, own_smile=0.25)
    assert shown[10:, n.INDEX["mouthSmileLeft"]].mean() > 0.5
    gaps = np.array([gap(each) for each in shown])
    assert gaps[closed].max() < CLOSED
    assert gaps[opened].min() > 0.2
