"""When the live picture is shown, and when the screen is dimmed."""

import numpy as np
import pytest

from dystream_ros.nodes.display.presence import Appearance, Presence
from dystream_ros.nodes.parameters import DisplaySettings

SETTINGS = DisplaySettings(image_timeout=1.0, fade=0.5, idle_after=10.0, idle_brightness=0.2)


def run(until, *, pictures=lambda time: True, motion=lambda time: True, speech=lambda time: False, settings=SETTINGS):
    """The appearance at `until`, of a node that started at 0."""
    presence = Presence(0.0)
    for time in np.arange(0, until, 0.05):
        if motion(time):
            presence.motion(time, speech(time))
        if pictures(time):
            presence.picture(time, settings)
        appearance = presence.at(time, settings)
    return appearance


def test_the_live_picture_fades_in_and_out():
    assert run(0.4).live == pytest.approx(0.7)
    assert run(2.0).live == 1.0
    assert run(3.2, pictures=lambda time: time < 2).live == pytest.approx(0.6)
    assert run(4.0, pictures=lambda time: time < 2).live == 0.0


def test_it_is_dimmed_without_speech_and_bright_with_it():
    assert run(9.0) == Appearance(1.0, 1.0)
    assert run(15.0) == Appearance(1.0, 0.2)
    assert run(30.0, speech=lambda time: time > 8 and time % 5 < 1).brightness == 1.0
    assert run(16.0, speech=lambda time: time > 15).brightness == 1.0


def test_it_is_dimmed_without_images_even_during_speech():
    assert run(20.0, pictures=lambda time: time < 2, speech=lambda time: True) == Appearance(0.0, 0.2)


def test_images_that_resume_brighten_it():
    assert run(32.0, pictures=lambda time: time < 2 or time > 30) == Appearance(1.0, 1.0)


def test_images_alone_keep_it_bright():
    assert run(40.0, motion=lambda time: False).brightness == 1.0


def test_idle_after_0_never_dims_it():
    never = DisplaySettings(idle_after=0.0)
    assert run(200.0, settings=never).brightness == 1.0
