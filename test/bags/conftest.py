"""A conversation in a bag, as a player would have recorded it."""

import numpy as np
import pytest
from recorded_bags import write_conversation

from dystream_ros.bags.writing import BagWriter


@pytest.fixture
def voices(spoken):
    """int16 of both parties, 2 s."""
    own = (spoken * 32767).astype(np.int16)
    return {"self": own, "other": np.roll(own, 8000)[::-1].copy()}


@pytest.fixture(params=["mcap", "sqlite3"])
def conversation(request, tmp_path, voices):
    """The folder of a bag with the audio of both parties and no motion."""
    path = tmp_path / "visit"
    with BagWriter(path, request.param) as writer:
        write_conversation(writer, voices)
    return path
