"""A window of SDL that fills a monitor, with the picture of a face in it. Needs no ROS."""

import ctypes
from dataclasses import dataclass

import numpy as np

from dystream_ros.nodes.display.presence import Appearance
from dystream_ros.nodes.display.video import ScreenUnavailable, load_sdl, open_video
from dystream_ros.nodes.parameters import DisplaySettings

TITLE = b"dystream"


class Screen:
    """The picture now and the one at rest, over each other; make, use and close it in one thread.

    Raises:
        ScreenUnavailable: there is no screen, or no such monitor; says what was tried and what to do.
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
        self.escaped = False
        self.stale = True

    def _open(self, settings: DisplaySettings) -> None:
        sdl = self._sdl
        if settings.monitor >= len(self.monitors):
            raise ScreenUnavailable(
                f"there is no monitor {settings.monitor}; {self.driver} has: {'; '.join(map(str, self.monitors))}"
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
            raise ScreenUnavailable(f"{self.driver} gives no window on {monitor}: {sdl.SDL_GetError().decode()}")
        # The best renderer that waits for the monitor's vertical sync, else the one without a GPU, which SDL paces.
        self._renderer = sdl.SDL_CreateRenderer(self._window, -1, sdl.SDL_RENDERER_PRESENTVSYNC)
        if not self._renderer:
            raise ScreenUnavailable(f"SDL cannot draw on {monitor}: {sdl.SDL_GetError().decode()}")
        if settings.fullscreen:
            sdl.SDL_ShowCursor(sdl.SDL_DISABLE)

    @property
    def renderer(self) -> str:
        """What draws: opengl, opengles2, software ..."""
        info = self._sdl.SDL_RendererInfo()
        self._sdl.SDL_GetRendererInfo(self._renderer, ctypes.byref(info))
        return info.name.decode()

    def show(self, picture: np.ndarray) -> None:
        """The live picture uint8 (height, width, 3), BGR, from the next `draw` on."""
        self._live.load(picture)
        self.stale = True

    def rest(self, picture: np.ndarray) -> None:
        """The picture at rest uint8 (height, width, 3), BGR, from the next `draw` on."""
        self._neutral.load(picture)
        self.stale = True

    def draw(self, appearance: Appearance, settings: DisplaySettings) -> None:
        """Everything anew; returns after the monitor's vertical sync."""
        sdl, renderer = self._sdl, self._renderer
        light = appearance.brightness
        behind = (round(light * (settings.letterbox >> shift & 255)) for shift in (16, 8, 0))
        sdl.SDL_SetRenderDrawColor(renderer, *behind, 255)
        sdl.SDL_RenderClear(renderer)
        if appearance.live < 1.0:
            self._neutral.draw(1.0, light, settings)
        if appearance.live > 0.0:
            self._live.draw(appearance.live, light, settings)
        sdl.SDL_RenderPresent(renderer)
        self.stale = False

    def handle_events(self) -> None:
        """What the user and the window system did; sets `escaped` and `stale`."""
        sdl = self._sdl
        event = sdl.SDL_Event()
        while sdl.SDL_PollEvent(ctypes.byref(event)):
            pressed = event.type == sdl.SDL_KEYDOWN and event.key.keysym.sym == sdl.SDLK_ESCAPE
            if pressed or event.type == sdl.SDL_QUIT:
                self.escaped = True
            elif event.type == sdl.SDL_RENDER_DEVICE_RESET:
                self._live.reload()
                self._neutral.reload()
                self.stale = True
            elif event.type in (sdl.SDL_WINDOWEVENT, sdl.SDL_RENDER_TARGETS_RESET):
                self.stale = True

    def close(self) -> None:
        """Gives the monitor back."""
        if self._renderer:
            self._sdl.SDL_DestroyRenderer(self._renderer)
        if self._window:
            self._sdl.SDL_DestroyWindow(self._window)
        self._renderer = self._window = None
        self._sdl.SDL_VideoQuit()

    def __enter__(self) -> "Screen":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


@dataclass(frozen=True)
class Monitor:
    """A monitor, in pixels of the desktop; refresh rate in Hz, 0 where it is not known."""

    number: int
    name: str
    x: int
    y: int
    width: int
    height: int
    refresh_rate: int

    def __str__(self) -> str:
        return f"{self.number} '{self.name}' {self.width}x{self.height} {self.refresh_rate} Hz"


def _monitors(sdl) -> list[Monitor]:
    found = []
    for number in range(sdl.SDL_GetNumVideoDisplays()):
        bounds, mode = sdl.SDL_Rect(), sdl.SDL_DisplayMode()
        sdl.SDL_GetDisplayBounds(number, ctypes.byref(bounds))
        sdl.SDL_GetDesktopDisplayMode(number, ctypes.byref(mode))
        name = (sdl.SDL_GetDisplayName(number) or b"").decode(errors="replace")
        found.append(Monitor(number, name, bounds.x, bounds.y, bounds.w, bounds.h, mode.refresh_rate))
    return found


class _Picture:
    """A picture in the memory of the renderer."""

    def __init__(self, sdl, renderer) -> None:
        self._sdl = sdl
        self._renderer = renderer
        self._texture = None
        self._pixels = np.empty((0, 0, 4), np.uint8)

    def load(self, picture: np.ndarray) -> None:
        height, width, _ = picture.shape
        if self._pixels.shape[:2] != (height, width):
            self._pixels = np.full((height, width, 4), 255, np.uint8)
            self._make_texture()
        self._pixels[..., :3] = picture
        self._upload()

    def reload(self) -> None:
        """After the renderer has lost its memory."""
        if self._texture:
            self._make_texture()
            self._upload()

    def draw(self, share: float, light: float, settings: DisplaySettings) -> None:
        """As large as fits, in the middle; `share` over what is there already."""
        if not self._texture:
            return
        sdl = self._sdl
        screen_width, screen_height = ctypes.c_int(), ctypes.c_int()
        sdl.SDL_GetRendererOutputSize(self._renderer, ctypes.byref(screen_width), ctypes.byref(screen_height))
        height, width = self._pixels.shape[:2]
        place = fitted(width, height, screen_width.value, screen_height.value, settings.rotation)
        level = round(255 * light)
        sdl.SDL_SetTextureColorMod(self._texture, level, level, level)
        sdl.SDL_SetTextureAlphaMod(self._texture, round(255 * share))
        flip = sdl.SDL_FLIP_HORIZONTAL if settings.mirror else sdl.SDL_FLIP_NONE
        sdl.SDL_RenderCopyExF(
            self._renderer, self._texture, None, ctypes.byref(sdl.SDL_FRect(*place)), settings.rotation, None, flip
        )

    def _make_texture(self) -> None:
        sdl = self._sdl
        if self._texture:
            sdl.SDL_DestroyTexture(self._texture)
        height, width = self._pixels.shape[:2]
        self._texture = sdl.SDL_CreateTexture(
            self._renderer, sdl.SDL_PIXELFORMAT_ARGB8888, sdl.SDL_TEXTUREACCESS_STREAMING, width, height
        )
        if not self._texture:
            raise ValueError(f"the screen takes no picture of {width}x{height}: {sdl.SDL_GetError().decode()}")
        sdl.SDL_SetTextureBlendMode(self._texture, sdl.SDL_BLENDMODE_BLEND)

    def _upload(self) -> None:
        pixels = self._pixels
        self._sdl.SDL_UpdateTexture(self._texture, None, pixels.ctypes.data_as(ctypes.c_void_p), pixels.strides[0])


def fitted(
    width: int, height: int, screen_width: int, screen_height: int, rotation: int
) -> tuple[float, float, float, float]:
    """Place of a picture that is as large as the screen allows: x, y, width and height in pixels before it is turned
    about its own middle."""
    turned_width, turned_height = (height, width) if rotation % 180 else (width, height)
    scale = min(screen_width / turned_width, screen_height / turned_height)
    wide, high = scale * width, scale * height
    return (screen_width - wide) / 2, (screen_height - high) / 2, wide, high
