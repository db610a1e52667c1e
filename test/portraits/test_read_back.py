"""What the check with the face landmarker measures, without the landmarker."""

import numpy as np
import pytest

from benchmarks.face_measures import measure
from benchmarks.read_back import CONTEXT, correlation, log_odds, read_alone, summary, table
from dystream_ros.face.arkit import ARKIT_INDEX, ARKIT_NAMES
from dystream_ros.portraits.head import load_head
from dystream_ros.portraits.landmarks import Face
from dystream_ros.rendering.camera import Camera

GAZE = tuple(name for name in ARKIT_NAMES if name.startswith("eyeLook"))  # irises are no part of the mesh
LEVELS = (0.0, 0.5, 1.0)


def landmarks_of(head, named):
    """478 landmarks in pixels of the generic head; those of the irises lie at the origin."""
    vertices = head.vertices + sum(value * head.shapes[ARKIT_INDEX[name]] for name, value in named.items())
    placed = np.einsum("lkd,lk->ld", vertices[head.landmark_vertices], head.landmark_weights)
    return np.vstack([Camera(2000.0, 400.0, 380.0).project(placed), np.zeros((10, 2))])


@pytest.mark.parametrize("name", [name for name in ARKIT_NAMES if name not in (*GAZE, "jawForward", "tongueOut")])
def test_each_coefficient_makes_larger_what_its_name_says(name):
    context = dict([CONTEXT[name]] if name in CONTEXT else [])
    found = [measure(name, landmarks_of(load_head(), {**context, name: 0.6 * level})) for level in LEVELS]
    assert correlation(np.array(LEVELS), np.array(found)) > 0.9


def test_a_turn_of_the_image_changes_no_distance():
    landmarks = landmarks_of(load_head(), {"mouthSmileLeft": 0.7})
    turn = np.array([[0.96, -0.28], [0.28, 0.96]])
    for name in ("mouthSmileLeft", "jawOpen", "browInnerUp"):
        assert measure(name, 1.7 * landmarks @ turn.T + 40) == pytest.approx(measure(name, landmarks))


def test_log_odds_straighten_a_logistic_curve():
    drawn = np.linspace(0, 1, 9)
    scores = 1 / (1 + np.exp(7 - 9 * drawn))
    assert correlation(drawn, scores) < 0.95
    assert correlation(drawn, log_odds(scores)) == pytest.approx(1.0)


class Drawing:
    """A reader whose landmarker sees one coefficient, and sees it straight."""

    def read(self, named, turn=(0, 0, 0)):
        return Face(landmarks_of(load_head(), named), {"jawOpen": 0.8 * named.get("jawOpen", 0.0)})


def test_the_table_tells_what_is_seen_from_what_is_not():
    names = ("jawOpen", "cheekPuff")
    alone = {"someone": {name: read_alone(Drawing(), name) for name in names}}
    assert alone["someone"]["jawOpen"]["score"] == pytest.approx(1.0)
    rows = {name: summary(name, alone) | {"largest_score": alone["someone"][name]["to"]} for name in names}
    seen, unseen = table({"coefficients": rows}).splitlines()[2:]
    assert seen.startswith("| `jawOpen` | 1.00, 1.00 (someone) |")
    assert "unseen" in unseen
