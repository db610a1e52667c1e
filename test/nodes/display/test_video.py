"""Which driver connects to the screen, which monitor the window is on, and the error without a screen."""

import ctypes
import re
from types import SimpleNamespace
from unittest.mock import MagicMock

import cv2
import numpy as np
import pytest

from dystream_ros.nodes.common.reports import Reports
from dystream_ros.nodes.display import screen, video
from dystream_ros.nodes.display.node import DisplayNode
from dystream_ros.nodes.display.presence import Appearance
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


@pytest.fixture
def limited(monkeypatch):
    """A screen whose renderer holds pictures of up to 2048 pixels, as that of a Raspberry Pi 3, and its SDL."""
    # SDL is replaced: the renderer of a virtual screen has no limit that a test could exceed.
    sdl = MagicMock(SDL_FRect=ctypes.c_float * 4)
    sdl.SDL_GetError.return_value = b"Texture dimensions are limited to 2048x2048"
    sdl.SDL_CreateTexture.side_effect = lambda *what: None if max(what[-2:]) > 2048 else "texture"
    monkeypatch.setattr(screen, "load_sdl", lambda: sdl)
    monkeypatch.setattr(screen, "open_video", lambda _: "x11")
    monkeypatch.setattr(screen, "_monitors", lambda _: [Monitor(0, "only", 0, 0, 640, 480, 60)])
    with Screen(DisplaySettings()) as opened:
        yield opened, sdl


def test_each_picture_that_is_too_large_for_the_renderer_is_refused_and_the_one_before_stays(limited):
    opened, sdl = limited
    opened.show(np.zeros((64, 64, 3), np.uint8))
    for _ in range(2):
        with pytest.raises(ValueError, match="a picture of 4096x64: Texture dimensions are limited to 2048x2048"):
            opened.show(np.zeros((64, 4096, 3), np.uint8))
    sdl.SDL_DestroyTexture.assert_not_called()
    opened.draw(Appearance(1.0, 1.0), DisplaySettings())
    assert sdl.SDL_RenderCopyExF.call_args.args[1] == "texture"


def test_a_neutral_image_that_is_too_large_for_the_renderer_is_reported(limited, tmp_path):
    cv2.imwrite(str(tmp_path / "photo.png"), np.zeros((64, 2400, 3), np.uint8))
    logger = MagicMock()
    parts = SimpleNamespace(
        settings=DisplaySettings(neutral_image=str(tmp_path / "photo.png")), reports=Reports(logger)
    )
    assert not DisplayNode._show_neutral_image(parts, limited[0])
    assert "neutral_image: SDL cannot show a picture of 2400x64" in logger.error.call_args.args[0]


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
