"""Changes of the appearance that overlap: the newest wish wins, and a failure takes back only its own parameter."""

import dataclasses
import threading
from concurrent.futures import Future

import pytest
from patience import PATIENCE

from dystream_ros.nodes.head.appearance import Appearance, appearance_refused
from dystream_ros.nodes.parameters import HeadSettings
from dystream_ros.rendering.portrait import PortraitError

SETTINGS = HeadSettings()


class Renderer:
    """Prepares a view once it may; refuses the background "damaged.png"."""

    def __init__(self):
        self.may_prepare = threading.Event()
        self.preparing = threading.Event()

    def prepare(self, portrait, view):
        self.preparing.set()
        assert self.may_prepare.wait(PATIENCE)
        if view.background == "damaged.png":
            raise PortraitError("damaged.png is damaged")
        return view

    def show(self, prepared):
        pass


class Pictures:
    """A thread of the pictures that is always ready."""

    def run(self, task):
        done = Future()
        done.set_result(task())
        return done


class Face:
    def __init__(self):
        self.renderer = Renderer()
        self.changed = threading.Event()
        self.shown, self.refused = [], []
        self.appearance = Appearance(SETTINGS, self.renderer, Pictures(), self._shown, self._refused)

    def _shown(self, settings):
        self.shown.append(settings)
        self.changed.set()

    def _refused(self, refused, kept, error):
        self.refused.append((kept, str(error)))
        self.changed.set()


def changed(**values):
    return dataclasses.replace(SETTINGS, **values)


def test_a_failure_of_an_older_wish_does_not_take_back_a_newer_one():
    face = Face()
    face.appearance.change(changed(background="damaged.png"))
    assert face.renderer.preparing.wait(PATIENCE)
    newer = changed(background="black")
    face.appearance.change(newer)
    face.renderer.may_prepare.set()
    assert face.changed.wait(PATIENCE)
    assert face.shown == [newer]
    assert face.refused == []


def test_a_background_that_fails_takes_back_neither_portrait_nor_framing():
    face = Face()
    face.renderer.may_prepare.set()
    wish = changed(background="damaged.png", framing="head", portrait="leo")
    face.appearance.change(wish)
    assert face.changed.wait(PATIENCE)
    assert face.refused == [(changed(framing="head", portrait="leo"), "damaged.png is damaged")]


def test_a_portrait_that_fails_takes_back_only_the_portrait(tmp_path):
    face = Face()
    face.renderer.may_prepare.set()
    face.appearance.change(changed(portrait=str(tmp_path / "gone.face"), mirror=True))
    assert face.changed.wait(PATIENCE)
    [(kept, error)] = face.refused
    assert kept == changed(mirror=True)
    assert "gone.face" in error


@pytest.mark.parametrize("name", ["portrait", "background"])
@pytest.mark.parametrize("value", ["x" * 5000, "~nosuchuser/x", "nul\0", "/dev/zero", ""])
def test_each_value_that_is_no_face_and_no_picture_is_refused_with_a_sentence(name, value):
    assert " nor " in appearance_refused(name, value)
