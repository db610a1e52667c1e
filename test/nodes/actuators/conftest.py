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
    """actuators(...) starts the node; it ends with the test. The mouth stays open, though no audio arrives."""
    started = []

    def start(**parameters):
        usual = {"ramp": 0.3, "neutral_ramp": 0.3, "audio_timeout": 0.0}
        started.append(graph.start("actuators", **(usual | parameters)))
        started[-1].until_log("calibration")
        return started[-1]

    yield start
    for process in started:
        process.stop()
