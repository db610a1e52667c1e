"""The face that requests are made of, and the model that it directs."""

import pytest
from answering_model import Model

from dystream_ros.face.motion import ARKIT_LAYOUT
from dystream_ros.face.stages.directed import DirectedFace


@pytest.fixture
def directed():
    return DirectedFace(ARKIT_LAYOUT)


@pytest.fixture
def model(directed):
    return Model(directed)
