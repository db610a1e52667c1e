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
    """actuators(...) starts the node; it ends with the test."""
    started = []

    def start(**parameters):
        started.append(graph.start("actuators", **{"ramp": 0.3, "neutral_ramp": 0.3, **parameters}))
        started[-1].until_log("calibration")
        return started[-1]

    yield start
    for process in started:
        process.stop()
