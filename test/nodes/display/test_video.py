"""Which driver connects to the screen, which monitor the window is on, and the error without a screen."""

import re
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


def test_kms_without_a_card_is_reported(cards):
    with pytest.raises(ScreenUnavailable, match=rf"{cards}/card\* does not exist\).*groups video, render"):
        open_video("kmsdrm")


def test_kms_without_permission_to_open_the_card_is_reported(cards, monkeypatch):
    (cards / "card0").touch()
    monkeypatch.setattr(video.os, "access", lambda *_: False)
    with pytest.raises(ScreenUnavailable, match=f"no permission to open {cards}/card0"):
        open_video("kmsdrm")


def test_kms_that_does_not_connect_is_reported(cards):
    # SDL's own driver finds that this file is no card.
    (cards / "card0").touch()
    with pytest.raises(ScreenUnavailable, match="no connected monitor, another program holds it, or libgbm"):
        open_video("kmsdrm")


@pytest.mark.parametrize(
    ("servers", "expected"),
    [
        ({"WAYLAND_DISPLAY": "nothing", "DISPLAY": ":9999"}, ["wayland", "x11", "kmsdrm"]),
        ({"DISPLAY": ":9999"}, ["x11", "wayland", "kmsdrm"]),
    ],
    ids=["both", "X server"],
)
def test_wayland_is_tried_first_where_the_environment_names_it(cards, monkeypatch, tmp_path, servers, expected):
    (cards / "card0").touch()
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    for variable in ("WAYLAND_DISPLAY", "DISPLAY"):
        monkeypatch.delenv(variable, raising=False)
    for variable, value in servers.items():
        monkeypatch.setenv(variable, value)
    with pytest.raises(ScreenUnavailable) as error:
        open_video("auto")
    assert re.findall(r"(\w+) \(", str(error.value).partition(". On a desktop")[0]) == expected
    for variable, value in servers.items():
        assert f"{variable}={value} does not answer" in str(error.value)


@pytest.mark.parametrize(("number", "place"), [(0, (0, 0, 640, 480)), (1, (640, 20, 800, 600))])
def test_the_window_fills_the_monitor_of_the_settings(monkeypatch, number, place):
    # SDL is replaced: a virtual screen has one monitor only.
    sdl = MagicMock()
    monitors = [Monitor(0, "left", 0, 0, 640, 480, 60), Monitor(1, "right", 640, 20, 800, 600, 60)]
    monkeypatch.setattr(screen, "load_sdl", lambda: sdl)
    monkeypatch.setattr(screen, "open_video", lambda _: "x11")
    monkeypatch.setattr(screen, "_monitors", lambda _: monitors)
    with Screen(DisplaySettings(monitor=number)) as opened:
        assert opened.monitor is monitors[number]
    assert sdl.SDL_CreateWindow.call_args.args[1:5] == place
