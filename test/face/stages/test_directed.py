"""Requests of other programs: what is shown, what the model continues from, and what stays untouched."""

import numpy as np
import pytest
from answering_model import FRAME, Model

from dystream_ros.face import numbers as n
from dystream_ros.face.contact import gap
from dystream_ros.face.dials import Dials, EventRates
from dystream_ros.face.expressions import EXPRESSIONS, expression_at, expression_named
from dystream_ros.face.eyes import eye_angles
from dystream_ros.face.gestures import GESTURES
from dystream_ros.face.motion import ARKIT_LAYOUT, SPEAKING_SELF, MotionFrame, MotionLayout
from dystream_ros.face.stages.directed import DirectedFace, Unsupported


def gaze_of(numbers):
    """Yaw and pitch of the gaze in the frame of the neutral face, degrees."""
    return np.degrees(eye_angles(numbers).mean(axis=0) + numbers[[n.YAW, n.PITCH]])


def test_without_requests_the_motion_passes_as_the_same_object(directed):
    motion = MotionFrame(0, np.full(52, 0.3, np.float32), np.full(6, 0.01, np.float32))
    assert directed.apply(motion, 0.02) is motion
    assert directed.fed_back(motion) is motion


@pytest.mark.parametrize("name", EXPRESSIONS)
def test_every_expression_is_shown_held_and_fades(directed, name):
    model = Model(directed)
    directed.express(name, duration=3.0, intensity=0.8)
    shown = model.run(3.0)
    wanted = 0.8 * expression_named(name)
    face = (n.UPPER_FACE | n.SMILE) & (wanted > 0.05)
    assert shown[-3][face] == pytest.approx(wanted[face], abs=0.1)
    assert abs(np.diff(shown, axis=0)).max() < 0.35, "a jump"
    faded = model.run(3.0)[-1]
    assert abs(faded).max() < 0.03
    assert model.untouched


def test_an_expression_is_fed_back_so_that_the_model_goes_on_from_it(directed, model):
    directed.express("happy")
    shown = model.run(3.0)[-1]
    assert model.fed[n.INDEX["mouthSmileLeft"]] == pytest.approx(shown[n.INDEX["mouthSmileLeft"]], abs=1e-6)
    assert model.fed[n.INDEX["cheekSquintLeft"]] > 0.5


def test_the_models_own_brows_still_move_under_an_expression(directed):
    model = Model(directed, wander=0.02)
    directed.express("surprised", intensity=0.6)
    model.run(2.0)
    brows = model.run(8.0)[:, n.INDEX["browInnerUp"]]
    assert 0.01 < brows.std() < 0.15
    assert brows.mean() == pytest.approx(0.45, abs=0.1)


def test_valence_and_arousal_change_the_face_smoothly_and_agree_with_the_names():
    smile = n.INDEX["mouthSmileLeft"]
    assert expression_at(0.8, 0.4)[smile] > 0.55
    assert expression_at(-0.7, -0.4)[n.INDEX["mouthFrownLeft"]] > 0.35
    assert abs(expression_at(0.0, 0.0)).max() < 0.3
    path = np.stack([expression_at(v, 0.3) for v in np.linspace(-1, 1, 81)])
    assert abs(np.diff(path, axis=0)).max() < 0.12
    with pytest.raises(ValueError, match="valence is nan; accepted is -1 to 1"):
        expression_at(float("nan"), 0.0)


def words(frame):
    """Lips that open and close in words of 0.24 s, pressed together in between, as in P, B and M."""
    lips = np.zeros(n.SIZE)
    phase = frame % 6
    lips[n.INDEX["jawOpen"]] = (0.12, 0.1, 0.3, 0.5, 0.4, 0.2)[phase]
    lips[n.INDEX["mouthClose"]] = (0.14, 0.11, 0.0, 0.0, 0.0, 0.0)[phase]
    return lips


@pytest.mark.parametrize("name", EXPRESSIONS)
def test_lips_that_speech_closes_stay_closed_under_every_expression(directed, name):
    model = Model(directed, lips=words)
    directed.express(name)
    model.run(2.4, SPEAKING_SELF)
    shown = model.run(4.8, SPEAKING_SELF)
    closed = [gap(numbers) for index, numbers in enumerate(shown) if index % 6 in (0, 1)]
    assert max(closed) < 0.005
    opened = [gap(numbers) for index, numbers in enumerate(shown) if index % 6 == 3]
    assert min(opened) > 0.3


def test_eyes_reach_a_target_before_the_head_and_turn_back_as_it_follows(directed, model):
    directed.look_at(1.0, 0.5, 0.0)
    shown = model.run(4.0)
    eyes = np.degrees([eye_angles(each).mean(axis=0)[0] for each in shown])
    head = np.degrees(shown[:, n.YAW])
    assert eyes[3] > 22
    assert head[3] < 6
    assert head[-1] > 15
    assert eyes[-1] < 12
    gaze = np.array([gaze_of(each)[0] for each in shown])
    assert gaze[4:] == pytest.approx(26.6, abs=2.0), "the gaze stays on the target while the head moves"
    assert np.diff(head).max() / FRAME < 150, "degrees per second"


def test_a_target_is_not_fed_back(directed, model):
    directed.look_at(1.0, 0.8, 0.2)
    model.run(2.0)
    assert model.untouched


def test_lids_follow_the_gaze_down_and_eyes_converge_on_what_is_near(directed, model):
    directed.look_at(1.0, 0.0, -0.4)
    shown = model.run(0.6)[-1]
    assert shown[n.INDEX["eyeBlinkLeft"]] > 0.1
    directed.look_at(0.3, 0.0, 0.0)
    near = eye_angles(model.run(2.0)[-1])
    assert np.degrees(near[1, 0] - near[0, 0]) == pytest.approx(12, abs=2)


def test_a_lost_target_is_held_and_then_let_go(directed, model):
    directed.look_at(1.0, 0.4, 0.0, hold=1.0)
    shown = model.run(0.9)
    assert gaze_of(shown[-1])[0] == pytest.approx(21.8, abs=2)
    shown = model.run(3.0)
    assert abs(gaze_of(shown[-1])[0]) < 0.5
    assert model.untouched


def test_a_moving_target_is_followed_smoothly(directed, model):
    gaze = []
    for step in range(100):
        directed.look_at(1.0, 0.004 * step, 0.0)
        gaze.append(gaze_of(model.run(FRAME)[-1])[0])
    wanted = np.degrees(np.arctan2(0.004 * np.arange(100), 1.0))
    assert abs(np.array(gaze) - wanted)[5:].max() < 2.5


@pytest.mark.parametrize(
    ("point", "why"),
    [
        ((float("nan"), 0, 0), "accepted are finite numbers"),
        ((0.05, 0.0, 0.0), "is nearer than 0.15 m"),
        ((-1.0, 0.1, 0.0), "is behind the face"),
    ],
)
def test_points_that_cannot_be_looked_at_are_refused(directed, point, why):
    with pytest.raises(ValueError, match=why):
        directed.look_at(*point)


def test_refusals_name_what_is_accepted(directed):
    with pytest.raises(ValueError, match="no expression 'hapy'; accepted are neutral, angry"):
        directed.express("hapy")
    with pytest.raises(ValueError, match="no gesture 'dance'; accepted are nod"):
        directed.gesture("dance")
    with pytest.raises(ValueError, match="intensity is 2; accepted is 0 to 1"):
        directed.gesture("nod", intensity=2)
    with pytest.raises(ValueError, match="head_motion is -1; accepted is 0 to 3"):
        Dials(head_motion=-1)


def test_mute_closes_the_lips_of_speech_and_keeps_the_rest(directed):
    model = Model(directed, lips=words)
    directed.set_rest("mute", True)
    shown = model.run(2.0, SPEAKING_SELF)
    assert abs(shown[5:, n.LIPS]).max() == 0.0
    assert model.untouched
    directed.set_rest("mute", False)
    assert model.run(1.0, SPEAKING_SELF)[-6:, n.INDEX["jawOpen"]].max() == pytest.approx(0.5)


def test_sleep_shuts_the_eyes_and_waking_opens_them(directed, model):
    directed.set_rest("sleep", True)
    shown = model.run(2.0)
    assert abs(np.diff(shown, axis=0)).max() < 0.12
    assert shown[-1, n.INDEX["eyeBlinkLeft"]] == pytest.approx(1.0)
    assert shown[-1, n.PITCH] > 0.1
    directed.set_rest("sleep", False)
    assert abs(model.run(2.0)[-1]).max() < 0.01


@pytest.mark.parametrize("factor", [0.0, 0.5, 1.5])
def test_sizes_scale_what_is_shown_and_not_what_the_model_continues_from(directed, factor):
    plain = Model(DirectedFace(ARKIT_LAYOUT), wander=0.01, lips=words)
    model = Model(directed, wander=0.01, lips=words)
    directed.set_dials(Dials(head_motion=factor, articulation=factor))
    model.run(1.0), plain.run(1.0)
    shown, learned = model.run(4.0), plain.run(4.0)
    assert model.untouched
    assert shown[:, n.HEAD] == pytest.approx(
        np.clip(factor * learned[:, n.HEAD], n.LEAST[n.HEAD], n.MOST[n.HEAD]), abs=1e-5
    )
    jaw = n.INDEX["jawOpen"]
    assert shown[:, jaw] == pytest.approx(factor * learned[:, jaw], abs=1e-5)
    brow = n.INDEX["browInnerUp"]
    assert (shown[:, brow] == learned[:, brow]).all()
    gaze = np.array([gaze_of(each) - gaze_of(other) for each, other in zip(shown, learned)])
    assert abs(gaze).max() < 2.0, "the eyes make up for the head"


def aversions(frame):
    """Eyes that look away for a second every three seconds."""
    eyes = np.zeros(n.SIZE)
    if frame % 75 < 25:
        eyes[[n.INDEX["eyeLookOutLeft"], n.INDEX["eyeLookInRight"]]] = 0.5
    return eyes


def test_eye_contact_grows_with_its_dial():
    shares = []
    for dial in (0.0, 0.5, 1.0, 1.5, 2.0):
        directed = DirectedFace(ARKIT_LAYOUT)
        directed.set_dials(Dials(eye_contact_listening=dial, eye_contact_speaking=0.0))
        model = Model(directed, lips=aversions)
        gaze = np.array([np.hypot(*gaze_of(each)) for each in model.run(120.0)])
        shares.append((gaze < 5.0).mean())
        assert model.untouched
    assert shares == sorted(shares)
    assert shares[0] < 0.1
    assert shares[2] == pytest.approx(2 / 3, abs=0.01)
    assert shares[4] > 0.95
    assert shares[1] == pytest.approx(1 / 3, abs=0.12)


def test_rates_are_passed_on_when_they_change():
    given = []
    directed = DirectedFace(ARKIT_LAYOUT, given.append)
    model = Model(directed)
    model.run(0.2)
    assert given == []
    directed.set_dials(Dials(EventRates(nod=0.0)))
    model.run(0.2)
    assert given == [EventRates(nod=0.0)]


def test_everything_at_once_stays_within_the_limits_and_is_deterministic():
    def run():
        directed = DirectedFace(ARKIT_LAYOUT)
        directed.set_dials(Dials(head_motion=3.0, smiles=3.0, articulation=3.0, eye_contact_listening=0.3))
        model = Model(directed, wander=0.05, lips=words)
        random = np.random.default_rng(5)
        shown = []
        for _ in range(60):
            directed.express(str(random.choice(list(EXPRESSIONS))), duration=float(random.uniform(0, 3)))
            directed.gesture(str(random.choice(list(GESTURES))), queue=bool(random.random() < 0.5))
            directed.look_at(1.0, *random.uniform(-1.5, 1.5, 2))
            directed.set_rest(str(random.choice(["mute", "idle", "sleep"])), bool(random.random() < 0.3))
            shown.append(model.run(0.8, int(random.integers(2))))
        return np.concatenate(shown)

    shown = run()
    assert np.isfinite(shown).all()
    assert (shown >= n.LEAST - 1e-6).all()
    assert (shown <= n.MOST + 1e-6).all()
    assert (shown == run()).all()


def test_a_reset_drops_requests_and_keeps_rest_and_dials(directed, model):
    directed.set_rest("mute", True)
    directed.express("happy")
    directed.look_at(1.0, 1.0, 0.0)
    model.run(1.0)
    directed.reset()
    model.fed = np.zeros(n.SIZE)
    shown = model.run(0.4)
    assert abs(shown).max() == 0.0


def test_requests_that_have_not_taken_effect_can_be_forgotten(directed, model):
    directed.express("happy")
    directed.gesture("nod")
    directed.look_at(1.0, 1.0, 0.0)
    directed.set_rest("mute", True)
    directed.forget()
    assert abs(model.run(1.0)).max() == 0.0


def test_a_model_without_names_is_left_alone_and_requests_say_why():
    directed = DirectedFace(MotionLayout((), (), (), (), (), 512))
    assert not directed.supported
    motion = MotionFrame(0, np.zeros(0, np.float32), np.zeros(6, np.float32), latent=np.ones(512, np.float32))
    directed.set_dials(Dials(head_motion=0.0))
    assert directed.apply(motion, 0.02) is motion
    for request in (
        lambda: directed.express("happy"),
        lambda: directed.gesture("nod"),
        lambda: directed.look_at(1, 0, 0),
    ):
        with pytest.raises(Unsupported, match="latents of its own"):
            request()


def test_another_stage_that_changes_the_result_is_fed_back(directed, model):
    directed.express("happy")
    model.run(1.0)
    motion = MotionFrame(99, np.zeros(52, np.float32), np.zeros(6, np.float32))
    shown = directed.apply(motion, 10.0)
    values = shown.values.copy()
    values[n.INDEX["jawOpen"]] = 0.77
    back = directed.fed_back(MotionFrame(99, values, shown.head_pose))
    assert back.values[n.INDEX["jawOpen"]] == np.float32(0.77)
    assert back.values[n.INDEX["mouthSmileLeft"]] == shown.values[n.INDEX["mouthSmileLeft"]]
