"""Opens SDL's video: the X server, a Wayland compositor, or KMS, and says why where none of them answers."""

import os
import warnings
from pathlib import Path
from types import ModuleType

_CARDS = Path("/dev/dri")
_DRIVERS = {"x11": b"x11", "wayland": b"wayland", "kmsdrm": b"KMSDRM"}


class ScreenUnavailable(RuntimeError):
    """There is no screen to show anything on; the message says what was tried and what to do."""


def load_sdl() -> ModuleType:
    """The bindings of SDL 2.

    Raises:
        ScreenUnavailable: they, or the library itself, are missing.
    """
    try:
        with warnings.catch_warnings():
            # It tells by a warning which of several libraries it has found.
            warnings.simplefilter("ignore")
            import sdl2
    except ImportError as missing:
        raise ScreenUnavailable(
            f"SDL 2 cannot be loaded ({missing}): install it with `pip install pysdl2 pysdl2-dll`, or pysdl2 and your "
            "system's SDL (on Debian: libsdl2-2.0-0)"
        ) from missing
    return sdl2


def open_video(driver: str) -> str:
    """Connect this thread to a screen; returns the driver in use.

    SDL itself would end with a driver that shows nothing to anybody: here only those that have a screen are tried.

    Args:
        driver: x11, wayland or kmsdrm; auto tries them in turn, those first whose environment names a server.

    Raises:
        ScreenUnavailable: none of them answers.
    """
    sdl = load_sdl()
    hints = {
        # SIGINT and SIGTERM belong to the node.
        sdl.SDL_HINT_NO_SIGNAL_HANDLERS: b"1",
        # A robot's screen stays up when another monitor gets the focus.
        sdl.SDL_HINT_VIDEO_MINIMIZE_ON_FOCUS_LOSS: b"0",
        sdl.SDL_HINT_RENDER_SCALE_QUALITY: b"linear",
        sdl.SDL_HINT_APP_NAME: b"dystream",
    }
    for name, value in hints.items():
        sdl.SDL_SetHint(name, value)
    tried = []
    for each in _order() if driver == "auto" else [driver]:
        obstacle = _obstacle(each)
        if not obstacle and sdl.SDL_VideoInit(_DRIVERS[each]) == 0:
            return each
        tried.append(f"{each} ({obstacle or _silence(each)})")
    raise ScreenUnavailable(
        f"no screen answers; tried: {', '.join(tried)}. On a desktop run the node in its session, or set DISPLAY or "
        "WAYLAND_DISPLAY as there. Without a desktop (KMS) the user needs the groups video, render and input, and no "
        "other program may hold the screen. Without any monitor a virtual one does: xvfb-run"
    )


def _order() -> list[str]:
    # Under Wayland there is an X server, too, which costs a copy and the vertical sync.
    return ["wayland", "x11", "kmsdrm"] if os.environ.get("WAYLAND_DISPLAY") else list(_DRIVERS)


def _obstacle(driver: str) -> str:
    """Why a driver need not be tried; "" where nothing is known against it."""
    if driver == "x11":
        return "" if os.environ.get("DISPLAY") else "DISPLAY is not set"
    if driver == "wayland":
        missing = [name for name in ("WAYLAND_DISPLAY", "XDG_RUNTIME_DIR") if not os.environ.get(name)]
        return f"{missing[0]} is not set" if missing else ""
    cards = sorted(_CARDS.glob("card*"))
    if any(os.access(card, os.R_OK | os.W_OK) for card in cards):
        return ""
    return f"no right to open {', '.join(map(str, cards))}" if cards else f"there is no {_CARDS}/card*"


def _silence(driver: str) -> str:
    """Why a driver that was tried cannot be had: SDL does not say more than "not available"."""
    if driver == "x11":
        return f"the X server of DISPLAY={os.environ['DISPLAY']} does not answer, or libX11 or libXext is missing"
    if driver == "wayland":
        return f"the compositor of WAYLAND_DISPLAY={os.environ['WAYLAND_DISPLAY']} does not answer"
    return "no connected monitor, another program holds it, or libgbm or libdrm is missing"
