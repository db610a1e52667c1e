"""Appearance of the images of a running head: checks new values, loads portraits, and reports what fails."""

import dataclasses
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import Future, wait
from functools import partial

from dystream_ros.nodes.common.priority import set_niceness
from dystream_ros.nodes.head.engine import view_of
from dystream_ros.nodes.head.memory import settle
from dystream_ros.nodes.head.sink_thread import SinkThread
from dystream_ros.nodes.parameters import HeadSettings
from dystream_ros.rendering.interfaces import Renderer
from dystream_ros.rendering.portrait import Portrait, PortraitError, check_portrait, load_portrait

# Parameters that take effect between two frames.
APPEARANCE = ("portrait", "framing", "background", "mirror", "rotation", "image_width", "image_height")
_NICENESS = 10  # of the thread that loads: frames, audio and pictures come first


class Appearance:
    """Portrait and view of a renderer; of several pending changes only the newest takes effect.

    Args:
        settings: of the opened renderer.
        renderer: its `prepare` is called in a thread of its own, its `show` in that of the pictures.
        pictures: the thread of the renderer.
        shown: called with the new settings once they are shown.
        refused: called with the refused settings, those that take their place, and the error; not for settings that a
            newer change has replaced.
    """

    def __init__(
        self,
        settings: HeadSettings,
        renderer: Renderer,
        pictures: SinkThread,
        shown: Callable[[HeadSettings], None],
        refused: Callable[[HeadSettings, HeadSettings, BaseException], None],
    ) -> None:
        self._settings = self._requested = settings
        self._renderer = renderer
        self._pictures = pictures
        self._shown = shown
        self._refused = refused
        self._one_at_a_time = threading.Lock()
        self._portrait: tuple[str, Portrait] | None = None

    def change(self, settings: HeadSettings) -> None:
        """Start to load the appearance of these settings; returns at once."""
        self._requested = settings
        threading.Thread(target=self._load, args=(settings,), name="loading", daemon=True).start()

    def _load(self, settings: HeadSettings) -> None:
        set_niceness(_NICENESS)
        with self._one_at_a_time:
            if settings is not self._requested:
                return
            concerned: Iterable[str] = ("portrait",)
            try:
                portrait = self._portrait_of(settings.portrait)
                concerned = APPEARANCE
                prepared = self._renderer.prepare(portrait, view_of(settings))
            except PortraitError as error:
                self._failed(settings, error, ("background",) if concerned is APPEARANCE else concerned)
                return
            except Exception as error:
                self._failed(settings, error, concerned)
                return
            if settings is self._requested:
                showing = self._pictures.run(partial(self._renderer.show, prepared))
                showing.add_done_callback(partial(self._done, settings))
                wait([showing])
            # The face before and the steps of loading leave holes in the heap, which grow with every change.
            del portrait, prepared
            settle()

    def _done(self, settings: HeadSettings, showing: "Future[None]") -> None:
        if showing.cancelled():
            return  # the head was cleaned up meanwhile
        if (error := showing.exception()) is not None:
            self._failed(settings, error, APPEARANCE)
            return
        self._settings = settings
        self._shown(settings)

    def _failed(self, settings: HeadSettings, error: BaseException, concerned: Iterable[str]) -> None:
        """Return to what is shown in the parameters concerned: a framing set after a damaged portrait stays."""
        if settings is self._requested:
            self._refused(settings, with_appearance(settings, self._settings, concerned), error)

    def _portrait_of(self, name: str) -> Portrait:
        """The portrait, read once while only the view changes."""
        if self._portrait is None or self._portrait[0] != name:
            self._portrait = (name, load_portrait(name))
        return self._portrait[1]


def with_appearance(settings: HeadSettings, shown: HeadSettings, names: Iterable[str] = APPEARANCE) -> HeadSettings:
    """The settings with the appearance of `shown`, or with these parts of it."""
    return dataclasses.replace(settings, **{name: getattr(shown, name) for name in names})


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
    except Exception as refused:  # a value that no check foresaw is refused as well
        return str(refused) or type(refused).__name__
    return ""
