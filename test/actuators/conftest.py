"""Calibrations for the tests of the joints."""

from pathlib import Path

import pytest

from dystream_ros.actuators.calibration_file import read_calibration

FOLDER = Path(__file__).parents[2] / "config" / "actuators"


@pytest.fixture(scope="session")
def research():
    """The calibration of the research head."""
    return read_calibration(FOLDER / "research.yaml")
