"""Appearance of the images of a running head: checks new values, loads portraits, and reports what fails."""

import dataclasses
import os
import threading
from collections.abc import Callable
from typing import Protocol

from dystream_ros.nodes.head.engine import view_of
from dystream_ros.nodes.parameters import HeadSettings
from dystream_ros.rendering.interfaces import PreparedView, Renderer
from dystream_ros.rendering.portrait import Portrait, check_portrait, load_portrait

# Parameters that take effect between two frames.
APPEARANCE = ("portrait", "framing", "background", "mirror", "rotation", "image_width", "image_height")
_NICENESS = 10  # of the thread that loads: frames and audio come first


class ShowPrepared(Protocol):
    """Makes the renderer show a prepared view between two frames; any thread."""

    def __call__(self, prepared: PreparedView, done: Callable[[Exception | None], None]) -> None:
        """`done` is called in the thread of the renderer with the error, or None."""
        ...


class Appearance:
    """Portrait and view of a renderer; of several pending changes only the newest takes effect.

    Args:
        settings: of the opened renderer.
        renderer: its `prepare` is called in a thread of its own.
        show: makes the renderer show a prepared view.
        shown: called with the new settings once they are shown.
        refused: called with the settings that are still shown, and the error of the requested ones.
    """

    def __init__(
        self,
        settings: HeadSettings,
        renderer: Renderer,
        show: ShowPrepared,
        shown: Callable[[HeadSettings], None],
        refused: Callable[[HeadSettings, Exception], None],
    ) -> None:
        self._settings = self._requested = settings
        self._renderer = renderer
        self._show = show
        self._shown = shown
        self._refused = refused
        self._one_at_a_time = threading.Lock()
        self._portrait: tuple[str, Portrait] | None = None

    def change(self, settings: HeadSettings) -> None:
        """Start to load the appearance of these settings; returns at once."""
        self._requested = settings
        threading.Thread(target=self._load, args=(settings,), name="loading", daemon=True).start()

    def _load(self, settings: HeadSettings) -> None:
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICENESS)
        with self._one_at_a_time:
            if settings is not self._requested:
                return
            try:
                prepared = self._renderer.prepare(self._portrait_of(settings.portrait), view_of(settings))
            except Exception as error:
                self._refused(self._settings, error)
                return
            if settings is self._requested:
                self._show(prepared, lambda error: self._done(settings, error))

    def _done(self, settings: HeadSettings, error: Exception | None) -> None:
        if error is not None:
            self._refused(self._settings, error)
            return
        self._settings = settings
        self._shown(settings)

    def _portrait_of(self, name: str) -> Portrait:
        """The portrait, read once while only the view changes."""
        if self._portrait is None or self._portrait[0] != name:
            self._portrait = (name, load_portrait(name))
        return self._portrait[1]


def with_appearance(settings: HeadSettings, shown: HeadSettings) -> HeadSettings:
    """The settings with the appearance of `shown`."""
    return dataclasses.replace(settings, **{name: getattr(shown, name) for name in APPEARANCE})


def appearance_refused(name: str, value: object) -> str:
    """Reason to refuse a value of `portrait` or `background`; "" for an accepted value and for other parameters."""
    if not isinstance(value, str):
        return ""
    try:
        if name == "portrait":
            check_portrait(value)
        elif name == "background":
            from dystream_ros.rendering.backdrop import check_background  # imports OpenCV: only when needed

            check_background(value)
    except ValueError as refused:
        return str(refused)
    return ""
