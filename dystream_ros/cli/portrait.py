"""dystream portrait: make a portrait from a photo.

`dystream portrait prepare PHOTO` fits a head to the face in a photo and writes one .face file, which the renderer loads
in under 200 ms.
"""

import argparse
import sys
from pathlib import Path

from dystream_ros.cli.picture_options import BACKGROUNDS

EXAMPLES = """examples:
  dystream portrait prepare me.jpg
  dystream portrait prepare group.jpg --face 2 -o me.face --preview me.png
  dystream portrait prepare me.jpg --background '#203040'

It needs MediaPipe; in the checkout: pip install '.[portrait]'
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declares the actions."""
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    prepare = actions.add_parser(
        "prepare",
        help="photo to .face file",
        description="Fits a head to the face in a photo and writes one .face file.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    prepare.add_argument("photo", type=Path, help="JPEG, PNG or WebP")
    prepare.add_argument(
        "-o", "--output", type=Path, metavar="FILE", help="the .face file (default: beside the photo, with its name)"
    )
    prepare.add_argument("--face", type=int, metavar="N", help="which face, 0 for the leftmost (default: the largest)")
    prepare.add_argument(
        "--background",
        default="keep",
        metavar="WHAT",
        help=f"{BACKGROUNDS}. Not transparent: that is an option of `dystream render`, for any portrait",
    )
    prepare.add_argument("--preview", type=Path, metavar="FILE", help="also write a sheet of expressions, PNG or JPEG")


def run(args: argparse.Namespace) -> int:
    """Runs `dystream portrait prepare`."""
    output = args.output or args.photo.with_suffix(".face")
    _check(args, output)
    from dystream_ros.portraits.prepare import examine_photo
    from dystream_ros.rendering.portrait import save_portrait

    portrait, notes = examine_photo(args.photo, args.face, args.background)
    save_portrait(portrait, output)
    print(output)
    for note in notes or ["nothing is wrong with this photo"]:
        print(f"verdict: {note}", file=sys.stderr)
    if args.preview:
        from dystream_ros.portraits.gallery import preview_sheet, write_sheet

        write_sheet(preview_sheet(portrait), args.preview)
        print(args.preview)
    return 0


def _check(args: argparse.Namespace, output: Path) -> None:
    """Checks the arguments before the landmarker is loaded."""
    from dystream_ros.cli.arguments import check_file, check_output
    from dystream_ros.cli.gallery import PICTURE_FILES
    from dystream_ros.cli.missing_packages import require
    from dystream_ros.rendering.backdrop import check_background
    from dystream_ros.rendering.photo import check_picture

    if output.suffix != ".face":
        raise ValueError(f"a portrait is written to a .face file, got {output}")
    check_file(args.photo, "photo")
    check_picture(args.photo)
    if args.background == "transparent":
        raise ValueError(
            "--background transparent is an option of `dystream render`, which draws any portrait without its "
            "background; prepare the portrait with another background"
        )
    check_background(args.background)
    require("mediapipe", "preparing a portrait")
    check_output(output)
    if args.preview:
        check_output(args.preview, PICTURE_FILES, (args.photo,))
