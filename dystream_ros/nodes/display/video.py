"""Connects SDL to a screen: an X server, a Wayland compositor, or KMS; the error gives the cause of each failure."""

import os
import warnings
from pathlib import Path
from types import ModuleType

_CARDS = Path("/dev/dri")
_DRIVERS = {"x11": b"x11", "wayland": b"wayland", "kmsdrm": b"KMSDRM"}


class ScreenUnavailable(RuntimeError):
    """No screen can be used; the message gives the attempts and a remedy."""


def load_sdl() -> ModuleType:
    """The module sdl2.

    Raises:
        ScreenUnavailable: it, or the SDL 2 library under it, is missing.
    """
    try:
        with warnings.catch_warnings():
            # The warning only names the SDL library that is loaded.
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

    SDL's own choice falls back to drivers without a screen; only those with a screen are tried here.

    Args:
        driver: x11, wayland or kmsdrm; auto tries all, starting with wayland if WAYLAND_DISPLAY is set.

    Raises:
        ScreenUnavailable: no driver connects.
    """
    sdl = load_sdl()
    hints = {
        # The node handles SIGINT and SIGTERM.
        sdl.SDL_HINT_NO_SIGNAL_HANDLERS: b"1",
        # The window stays visible when a window on another monitor gets the focus.
        sdl.SDL_HINT_VIDEO_MINIMIZE_ON_FOCUS_LOSS: b"0",
        sdl.SDL_HINT_RENDER_SCALE_QUALITY: b"linear",
        sdl.SDL_HINT_APP_NAME: b"dystream",
    }
    for name, value in hints.items():
        sdl.SDL_SetHint(name, value)
    tried = []
    for candidate in _order() if driver == "auto" else [driver]:
        obstacle = _obstacle(candidate)
        if not obstacle and sdl.SDL_VideoInit(_DRIVERS[candidate]) == 0:
            return candidate
        tried.append(f"{candidate} ({obstacle or _likely_cause(candidate)})")
    raise ScreenUnavailable(
        f"no screen can be used; tried: {', '.join(tried)}. On a desktop run the node in its session, or set DISPLAY "
        "or WAYLAND_DISPLAY as there. Without a desktop (KMS) add the user to the groups video, render and input, and "
        "end other programs that use the screen. Without a monitor use a virtual screen: xvfb-run"
    )


def _order() -> list[str]:
    # A Wayland desktop offers an X server as well, at the cost of a copy and of the vertical sync.
    return ["wayland", "x11", "kmsdrm"] if os.environ.get("WAYLAND_DISPLAY") else list(_DRIVERS)


def _obstacle(driver: str) -> str:
    """The reason why a driver cannot connect; "" if none is known."""
    if driver == "x11":
        return "" if os.environ.get("DISPLAY") else "DISPLAY is not set"
    if driver == "wayland":
        missing = [name for name in ("WAYLAND_DISPLAY", "XDG_RUNTIME_DIR") if not os.environ.get(name)]
        return f"{missing[0]} is not set" if missing else ""
    cards = sorted(_CARDS.glob("card*"))
    if any(os.access(card, os.R_OK | os.W_OK) for card in cards):
        return ""
    return f"no permission to open {', '.join(map(str, cards))}" if cards else f"{_CARDS}/card* does not exist"


def _likely_cause(driver: str) -> str:
    """The likely reason why a driver did not connect; SDL only reports "not available"."""
    if driver == "x11":
        return f"the X server of DISPLAY={os.environ['DISPLAY']} does not answer, or libX11 or libXext is missing"
    if driver == "wayland":
        return f"the compositor of WAYLAND_DISPLAY={os.environ['WAYLAND_DISPLAY']} does not answer"
    return "no connected monitor, another program holds it, or libgbm or libdrm is missing"
