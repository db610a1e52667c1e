"""Loads another face, or another view of it, while the head goes on."""

import os
import threading
from collections.abc import Callable
from typing import Any

from dystream_ros.nodes.head.image_output import view_of
from dystream_ros.nodes.parameters import HeadSettings
from dystream_ros.rendering.portrait import Portrait, load_portrait

_NICENESS = 10  # of the thread that loads: frames and audio come first


class FaceLoader:
    """Prepares in a thread of its own what a renderer shows next; of several wishes only the newest is granted.

    Args:
        prepare: of the renderer.
        ready: takes what was prepared, and the settings it was prepared for; called in the thread.
        failed: told the error; called in the thread.
    """

    def __init__(
        self,
        prepare: Callable[[Portrait, Any], Any],
        ready: Callable[[Any, HeadSettings], None],
        failed: Callable[[Exception], None],
    ) -> None:
        self._prepare = prepare
        self._ready = ready
        self._failed = failed
        self._wanted: HeadSettings | None = None
        self._one_at_a_time = threading.Lock()
        self._portrait: tuple[str, Portrait] | None = None

    def load(self, settings: HeadSettings) -> None:
        """Begin to load what these settings ask for; returns at once."""
        self._wanted = settings
        threading.Thread(target=self._load, args=(settings,), name="loading", daemon=True).start()

    def _load(self, settings: HeadSettings) -> None:
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICENESS)
        with self._one_at_a_time:
            if settings is not self._wanted:
                return
            try:
                scene = self._prepare(self._portrait_of(settings.portrait), view_of(settings))
            except Exception as error:
                self._failed(error)
                return
            if settings is self._wanted:
                self._ready(scene, settings)

    def _portrait_of(self, name: str) -> Portrait:
        """The portrait, read once while only the view changes."""
        if self._portrait is None or self._portrait[0] != name:
            self._portrait = (name, load_portrait(name))
        return self._portrait[1]
