"""An SDL window that shows the picture of a face, full screen or not. Needs no ROS."""

import ctypes
from dataclasses import dataclass
from types import ModuleType
from typing import TYPE_CHECKING

import numpy as np

from dystream_ros.nodes.display.presence import Appearance
from dystream_ros.nodes.display.video import ScreenUnavailable, load_sdl, open_video
from dystream_ros.nodes.parameters import DisplaySettings
from dystream_ros.rendering.interfaces import Picture

if TYPE_CHECKING:
    from typing_extensions import Self

TITLE = b"dystream"


class Screen:
    """The live picture over the neutral picture; create, use and close it in one thread.

    Attributes:
        driver: of SDL: x11, wayland or kmsdrm.
        monitors: all monitors; `monitor` is the one shown on.
        closed: whether the user has pressed Escape or closed the window.
        stale: whether the next `draw` changes the screen.

    Raises:
        ScreenUnavailable: no screen, or no such monitor; the message gives the attempts and a remedy.
    """

    def __init__(self, settings: DisplaySettings) -> None:
        self._sdl = sdl = load_sdl()
        self.driver = open_video(settings.video_driver)
        self._window = self._renderer = None
        try:
            self.monitors = _monitors(sdl)
            self._open(settings)
        except ScreenUnavailable:
            self.close()
            raise
        self._live = _Picture(sdl, self._renderer)
        self._neutral = _Picture(sdl, self._renderer)
        self.closed = False
        self.stale = True

    def _open(self, settings: DisplaySettings) -> None:
        sdl = self._sdl
        if settings.monitor >= len(self.monitors):
            raise ScreenUnavailable(
                f"there is no monitor {settings.monitor}; set monitor to one of: {'; '.join(map(str, self.monitors))}"
            )
        self.monitor = monitor = self.monitors[settings.monitor]
        flags = sdl.SDL_WINDOW_ALLOW_HIGHDPI
        if settings.fullscreen:
            place = (monitor.x, monitor.y, monitor.width, monitor.height)
            flags |= sdl.SDL_WINDOW_FULLSCREEN_DESKTOP | sdl.SDL_WINDOW_BORDERLESS
        else:
            centre = sdl.SDL_WINDOWPOS_CENTERED_DISPLAY(settings.monitor)
            place = (centre, centre, settings.window_width, settings.window_height)
            flags |= sdl.SDL_WINDOW_RESIZABLE
        self._window = sdl.SDL_CreateWindow(TITLE, *place, flags)
        if not self._window:
            raise ScreenUnavailable(
                f"SDL cannot open a window on monitor {monitor}: {_sdl_error(sdl)}; set another video_driver"
            )
        # A GPU renderer that waits for the monitor's vertical sync, or else the software renderer, which SDL paces.
        self._renderer = sdl.SDL_CreateRenderer(self._window, -1, sdl.SDL_RENDERER_PRESENTVSYNC)
        if not self._renderer:
            raise ScreenUnavailable(
                f"SDL cannot draw on monitor {monitor}: {_sdl_error(sdl)}; set SDL_RENDER_DRIVER=software"
            )
        if settings.fullscreen:
            sdl.SDL_ShowCursor(sdl.SDL_DISABLE)

    @property
    def renderer(self) -> str:
        """SDL's renderer: opengl, opengles2, software ..."""
        info = self._sdl.SDL_RendererInfo()
        self._sdl.SDL_GetRendererInfo(self._renderer, ctypes.byref(info))
        name: bytes = info.name
        return name.decode()

    def show(self, picture: Picture) -> None:
        """Replace the live picture; takes effect at the next `draw`.

        Raises:
            ValueError: the renderer accepts no picture of this size.
        """
        self._live.load(picture)
        self.stale = True

    def show_neutral(self, picture: Picture) -> None:
        """Replace the neutral picture; takes effect at the next `draw`.

        Raises:
            ValueError: the renderer accepts no picture of this size.
        """
        self._neutral.load(picture)
        self.stale = True

    def draw(self, appearance: Appearance, settings: DisplaySettings) -> None:
        """Redraw the screen; returns after the monitor's vertical sync."""
        sdl, renderer = self._sdl, self._renderer
        brightness = appearance.brightness
        background = (round(brightness * (settings.letterbox >> shift & 255)) for shift in (16, 8, 0))
        sdl.SDL_SetRenderDrawColor(renderer, *background, 255)
        sdl.SDL_RenderClear(renderer)
        if appearance.live < 1.0:
            self._neutral.draw(1.0, brightness, settings)
        if appearance.live > 0.0:
            self._live.draw(appearance.live, brightness, settings)
        sdl.SDL_RenderPresent(renderer)
        self.stale = False

    def handle_events(self) -> None:
        """Process the events of keyboard and window system; sets `closed` and `stale`."""
        sdl = self._sdl
        event = sdl.SDL_Event()
        while sdl.SDL_PollEvent(ctypes.byref(event)):
            pressed = event.type == sdl.SDL_KEYDOWN and event.key.keysym.sym == sdl.SDLK_ESCAPE
            if pressed or event.type == sdl.SDL_QUIT:
                self.closed = True
            elif event.type == sdl.SDL_RENDER_DEVICE_RESET:
                self._live.reload()
                self._neutral.reload()
                self.stale = True
            elif event.type in (sdl.SDL_WINDOWEVENT, sdl.SDL_RENDER_TARGETS_RESET):
                self.stale = True

    def close(self) -> None:
        """Release the monitor."""
        if self._renderer:
            self._sdl.SDL_DestroyRenderer(self._renderer)
        if self._window:
            self._sdl.SDL_DestroyWindow(self._window)
        self._renderer = self._window = None
        self._sdl.SDL_VideoQuit()

    def __enter__(self) -> "Self":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


@dataclass(frozen=True)
class Monitor:
    """A monitor, in pixels of the desktop; refresh rate in Hz, 0 when unknown."""

    number: int
    name: str
    x: int
    y: int
    width: int
    height: int
    refresh_rate: int

    def __str__(self) -> str:
        return f"{self.number} '{self.name}' {self.width}x{self.height} {self.refresh_rate} Hz"


def _sdl_error(sdl: ModuleType) -> str:
    error: bytes = sdl.SDL_GetError()
    return error.decode()


def _monitors(sdl: ModuleType) -> list[Monitor]:
    found = []
    for number in range(sdl.SDL_GetNumVideoDisplays()):
        bounds, mode = sdl.SDL_Rect(), sdl.SDL_DisplayMode()
        sdl.SDL_GetDisplayBounds(number, ctypes.byref(bounds))
        sdl.SDL_GetDesktopDisplayMode(number, ctypes.byref(mode))
        name = (sdl.SDL_GetDisplayName(number) or b"").decode(errors="replace")
        found.append(Monitor(number, name, bounds.x, bounds.y, bounds.w, bounds.h, mode.refresh_rate))
    return found


class _Picture:
    """A picture as a texture of the renderer."""

    def __init__(self, sdl: ModuleType, renderer: object) -> None:
        self._sdl = sdl
        self._renderer = renderer
        self._texture = None
        self._pixels: Picture = np.empty((0, 0, 4), np.uint8)

    def load(self, picture: Picture) -> None:
        height, width, _ = picture.shape
        if not self._texture or self._pixels.shape[:2] != (height, width):
            self._make_texture(width, height)
            self._pixels = np.full((height, width, 4), 255, np.uint8)
        self._pixels[..., :3] = picture
        self._upload()

    def reload(self) -> None:
        """Make the texture again after the renderer has lost it."""
        if self._texture:
            height, width = self._pixels.shape[:2]
            self._make_texture(width, height)
            self._upload()

    def draw(self, opacity: float, brightness: float, settings: DisplaySettings) -> None:
        """Draw the picture centred, as large as fits, over what is drawn already."""
        if not self._texture:
            return
        sdl = self._sdl
        screen_width, screen_height = ctypes.c_int(), ctypes.c_int()
        sdl.SDL_GetRendererOutputSize(self._renderer, ctypes.byref(screen_width), ctypes.byref(screen_height))
        height, width = self._pixels.shape[:2]
        place = fitted(width, height, screen_width.value, screen_height.value, settings.rotation)
        level = round(255 * brightness)
        sdl.SDL_SetTextureColorMod(self._texture, level, level, level)
        sdl.SDL_SetTextureAlphaMod(self._texture, round(255 * opacity))
        flip = sdl.SDL_FLIP_HORIZONTAL if settings.mirror else sdl.SDL_FLIP_NONE
        sdl.SDL_RenderCopyExF(
            self._renderer, self._texture, None, ctypes.byref(sdl.SDL_FRect(*place)), settings.rotation, None, flip
        )

    def _make_texture(self, width: int, height: int) -> None:
        """Replace the texture; the picture before stays where there can be none of this size."""
        sdl = self._sdl
        texture = sdl.SDL_CreateTexture(
            self._renderer, sdl.SDL_PIXELFORMAT_ARGB8888, sdl.SDL_TEXTUREACCESS_STREAMING, width, height
        )
        if not texture:
            raise ValueError(f"SDL cannot show a picture of {width}x{height}: {_sdl_error(sdl)}; send a smaller one")
        if self._texture:
            sdl.SDL_DestroyTexture(self._texture)
        self._texture = texture
        sdl.SDL_SetTextureBlendMode(texture, sdl.SDL_BLENDMODE_BLEND)

    def _upload(self) -> None:
        pixels = self._pixels
        self._sdl.SDL_UpdateTexture(self._texture, None, pixels.ctypes.data_as(ctypes.c_void_p), pixels.strides[0])


def fitted(
    width: int, height: int, screen_width: int, screen_height: int, rotation: int
) -> tuple[float, float, float, float]:
    """Place of a centred picture that is as large as the screen allows.

    Args:
        rotation: clockwise turn about the centre of the picture, a multiple of 90 degrees.

    Returns:
        x, y, width, height in pixels, before the turn.
    """
    turned_width, turned_height = (height, width) if rotation % 180 else (width, height)
    scale = min(screen_width / turned_width, screen_height / turned_height)
    wide, high = scale * width, scale * height
    return (screen_width - wide) / 2, (screen_height - high) / 2, wide, high
