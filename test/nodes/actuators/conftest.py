"""A head and the node `actuators`."""

import pytest
from joints import Face


@pytest.fixture
def face(graph):
    """face() starts a head; all end with the test."""
    faces = []

    def start():
        faces.append(Face(graph))
        return faces[-1]

    yield start
    for each in faces:
        if each.is_alive():
            each.die()


@pytest.fixture
def actuators(graph):
    """actuators(...) starts the node; it ends with the test.

    The watchdogs have no part: no audio arrives, and on a busy machine the face of the peer may pause.
    """
    started = []

    def start(**parameters):
        usual = {
            "ramp": 0.3, "neutral_ramp": 0.3, "audio_timeout": 0.0, "motion_timeout": 60.0, "motion_neutral": 600.0,
        }  # fmt: skip
        started.append(graph.start("actuators", **(usual | parameters)))
        started[-1].until_log("calibration")
        return started[-1]

    yield start
    for process in started:
        process.stop()
