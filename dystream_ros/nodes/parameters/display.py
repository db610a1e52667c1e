"""Parameters of the `display` node."""

from dataclasses import dataclass

from dystream_ros.nodes.parameters.parameter import LIVE, parameter
from dystream_ros.rendering.view import ROTATIONS


@dataclass(frozen=True)
class DisplaySettings:
    image_transport: str = parameter(
        "auto",
        "Image topic: raw is `image`, compressed is `image/compressed`; auto: raw if published, else compressed.",
        choices=("auto", "raw", "compressed"),
    )
    delay_ms: float = parameter(
        0.0,
        "Time that an image waits before it is shown, for a loudspeaker that is heard later: Bluetooth, HDMI.",
        unit="ms",
        minimum=0.0,
        maximum=1000.0,
        applies=LIVE,
    )
    video_driver: str = parameter(
        "auto",
        "Access to the screen: an X server, a Wayland compositor, or KMS, which needs no desktop; auto is the first "
        "that is available.",
        choices=("auto", "x11", "wayland", "kmsdrm"),
    )
    monitor: int = parameter(0, "Number of the monitor; the log lists the monitors.", minimum=0, maximum=15)
    fullscreen: bool = parameter(True, "Fill the monitor; false: a window that can be resized.")
    window_width: int = parameter(
        512, "Width of the window when it does not fill the monitor.", unit="px", minimum=64, maximum=8192
    )
    window_height: int = parameter(
        512, "Height of the window when it does not fill the monitor.", unit="px", minimum=64, maximum=8192
    )
    rotation: int = parameter(
        0,
        "Clockwise rotation of the image, for a monitor that is mounted on its side.",
        unit="deg",
        choices=ROTATIONS,
        applies=LIVE,
    )
    mirror: bool = parameter(
        False, "Swap left and right of the image, before the rotation, e.g. for rear projection.", applies=LIVE
    )
    letterbox: int = parameter(
        0x000000,
        "Colour beside an image whose aspect ratio differs from that of the monitor, and behind a transparent image: "
        "red, green and blue as 0xRRGGBB.",
        minimum=0,
        maximum=0xFFFFFF,
        applies=LIVE,
    )
    image_timeout: float = parameter(
        1.0,
        "Time without an image after which the neutral face is shown.",
        unit="s",
        minimum=0.1,
        maximum=60.0,
        applies=LIVE,
    )
    fade: float = parameter(
        0.5,
        "Duration of the change between the live face and the neutral face.",
        unit="s",
        minimum=0.0,
        maximum=10.0,
        applies=LIVE,
    )
    neutral_image: str = parameter(
        "",
        "Image file of the neutral face. Empty: of the images of the last minutes, the one whose motion was nearest to "
        "neutral; the letterbox colour until then.",
    )
    idle_after: float = parameter(
        120.0,
        "Time without speech, or without images, after which the screen is dimmed; 0: never.",
        unit="s",
        minimum=0.0,
        maximum=86400.0,
        applies=LIVE,
    )
    idle_brightness: float = parameter(
        0.3,
        "Brightness of the dimmed screen, as a fraction of the full brightness.",
        minimum=0.0,
        maximum=1.0,
        applies=LIVE,
    )
