"""dystream gallery: a sheet of everything a portrait can do, to be judged by eye."""

import argparse
from pathlib import Path


def add_parser(subparsers) -> None:
    """Adds the command."""
    parser = subparsers.add_parser(
        "gallery", help="a sheet of all coefficients, visemes, expressions and head turns", description=__doc__,
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )  # fmt: skip
    parser.add_argument("--portrait", default="astronaut", help="name of a shipped portrait, or a .face file")
    parser.add_argument("-o", "--output", type=Path, default=Path("gallery.jpg"), help="PNG or JPEG")


def run(args: argparse.Namespace) -> int:
    """Writes the sheet."""
    from dystream_ros.rendering import load_portrait
    from dystream_ros.rendering.gallery import gallery_sheet, write_sheet

    write_sheet(gallery_sheet(load_portrait(args.portrait)), args.output)
    print(args.output)
    return 0
