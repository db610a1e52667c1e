"""Which driver reaches the screen, which monitor the window goes to, and what is said where there is none."""

from types import SimpleNamespace
from unittest.mock import MagicMock

import pytest

from dystream_ros.nodes.display import screen, video
from dystream_ros.nodes.display.screen import Monitor, Screen
from dystream_ros.nodes.display.video import ScreenUnavailable, open_video
from dystream_ros.nodes.parameters import DisplaySettings


@pytest.fixture
def cards(monkeypatch, tmp_path):
    """A folder that stands for /dev/dri."""
    monkeypatch.setattr(video, "_CARDS", tmp_path)
    return tmp_path


def test_kms_without_a_card_is_said(cards):
    with pytest.raises(ScreenUnavailable, match=rf"there is no {cards}/card\*\).*groups video, render"):
        open_video("kmsdrm")


def test_kms_without_the_right_to_open_the_card_is_said(cards, monkeypatch):
    (cards / "card0").touch()
    monkeypatch.setattr(video.os, "access", lambda *_: False)
    with pytest.raises(ScreenUnavailable, match=f"no right to open {cards}/card0"):
        open_video("kmsdrm")


def test_kms_that_does_not_answer_is_said(cards):
    # SDL's own driver is asked, and finds that this is no card.
    (cards / "card0").touch()
    with pytest.raises(ScreenUnavailable, match="no connected monitor, another program holds it, or libgbm"):
        open_video("kmsdrm")


def test_what_names_a_server_is_tried_first(monkeypatch):
    tried = []
    fake = SimpleNamespace(SDL_SetHint=lambda *_: None, SDL_VideoInit=lambda name: tried.append(name) or -1)
    for name in ("SDL_HINT_NO_SIGNAL_HANDLERS", "SDL_HINT_VIDEO_MINIMIZE_ON_FOCUS_LOSS", "SDL_HINT_APP_NAME"):
        setattr(fake, name, name)
    fake.SDL_HINT_RENDER_SCALE_QUALITY = "scale"
    monkeypatch.setattr(video, "load_sdl", lambda: fake)
    monkeypatch.setattr(video, "_obstacle", lambda _: "")
    monkeypatch.setattr(video, "_silence", lambda _: "")
    for variable in ("WAYLAND_DISPLAY", "DISPLAY"):
        monkeypatch.setenv(variable, ":0")
    with pytest.raises(ScreenUnavailable):
        open_video("auto")
    assert tried == [b"wayland", b"x11", b"KMSDRM"]
    monkeypatch.delenv("WAYLAND_DISPLAY")
    tried.clear()
    with pytest.raises(ScreenUnavailable):
        open_video("auto")
    assert tried[0] == b"x11"


@pytest.mark.parametrize(("number", "place"), [(0, (0, 0, 640, 480)), (1, (640, 20, 800, 600))])
def test_the_window_fills_the_monitor_that_is_asked_for(monkeypatch, number, place):
    sdl = MagicMock()
    monitors = [Monitor(0, "left", 0, 0, 640, 480, 60), Monitor(1, "right", 640, 20, 800, 600, 60)]
    monkeypatch.setattr(screen, "load_sdl", lambda: sdl)
    monkeypatch.setattr(screen, "open_video", lambda _: "x11")
    monkeypatch.setattr(screen, "_monitors", lambda _: monitors)
    with Screen(DisplaySettings(monitor=number)) as opened:
        assert opened.monitor is monitors[number]
    assert sdl.SDL_CreateWindow.call_args.args[1:5] == place
