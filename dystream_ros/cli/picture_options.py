"""Options for the display of a portrait, shared by several commands."""

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dystream_ros.rendering.portrait import Portrait
    from dystream_ros.rendering.view import View

# Those of telephones too: they are refused with what to do, not as an unknown name.
PHOTOS = (".jpg", ".jpeg", ".jfif", ".png", ".webp", ".heic", ".heif", ".avif")
BACKGROUNDS = "keep (the photo's own; default), a colour such as '#203040' or green, or a picture file"


def add_arguments(parser: argparse.ArgumentParser, size: str | None = "512") -> None:
    """Adds portrait, size, framing, background, mirror and rotation."""
    from dystream_ros.rendering.view import FRAMINGS, ROTATIONS

    group = parser.add_argument_group("picture")
    group.add_argument("--portrait", metavar="NAME", help="a shipped portrait (default lumi), .face file or photo")
    group.add_argument("--size", default=size, metavar="N or WxH", help="pixels, even, e.g. 1080x1920 (default 512)")
    group.add_argument("--framing", choices=FRAMINGS, help="bust (default), or head: closer")
    group.add_argument("--background", metavar="WHAT", help=f"{BACKGROUNDS}; or transparent")
    group.add_argument("--mirror", action="store_true", help="swap left and right, before the picture is turned")
    group.add_argument("--rotation", type=int, choices=ROTATIONS, help="clockwise turn in degrees (default 0)")


def check(args: argparse.Namespace) -> None:
    """Checks the portrait, the size and the background without loading them.

    Raises:
        ValueError: no such portrait, size, colour or picture.
        ModuleNotFoundError: a photo, without the package that finds a face in it.
    """
    view_of(args)
    if args.background:
        from dystream_ros.rendering.backdrop import check_background

        check_background(args.background)
    if args.portrait:
        check_portrait(args.portrait)


def check_portrait(name: str) -> None:
    """Checks a portrait without loading it: a shipped name, a .face file or a photo. Errors are those of `check`."""
    if is_photo(name):
        from dystream_ros.cli.missing_packages import require
        from dystream_ros.rendering.photo import check_picture

        check_picture(Path(name).expanduser())
        require("mediapipe", "a photo as portrait")
    else:
        from dystream_ros.rendering.portrait import check_portrait as check_face

        check_face(name)


def view_of(args: argparse.Namespace) -> "View":
    """The view of the options. Raises ValueError for a value that is not accepted."""
    from dystream_ros.rendering.view import View

    return View(**settings_of(args))


def settings_of(args: argparse.Namespace) -> dict[str, object]:
    """The fields of `View` that the user gave, by name."""
    given = {name: getattr(args, name) for name in ("framing", "background", "rotation") if getattr(args, name)}
    if args.mirror:
        given["mirror"] = True
    if args.size:
        given["width"], given["height"] = _size(args.size)
    return given


def portrait_of(name: str) -> "Portrait":
    """The portrait of a name, a .face file or a photo. A photo takes several seconds. Raises `PortraitError`."""
    from dystream_ros.rendering.portrait import load_portrait

    if not is_photo(name):
        return load_portrait(name)
    from dystream_ros.portraits.prepare import prepare_portrait

    print(f"fitting a head to {name} takes some seconds; `dystream portrait prepare` keeps it", file=sys.stderr)
    return prepare_portrait(Path(name).expanduser())


def is_photo(name: str) -> bool:
    """Whether a portrait is given as a photo."""
    return Path(name).suffix.lower() in PHOTOS


def _size(text: str) -> tuple[int, int]:
    width, cross, height = text.partition("x")
    try:
        size = int(width), int(height if cross else width)
    except ValueError as error:
        raise ValueError(f"--size is {text}; accepted are N or WIDTHxHEIGHT, e.g. 512 or 1080x1920") from error
    if not all(64 <= side <= 4096 and side % 2 == 0 for side in size):
        raise ValueError(f"--size is {text}; accepted are even numbers from 64 to 4096")
    return size
