"""dystream portrait: makes a portrait of a photo."""

import argparse
from pathlib import Path


def add_parser(subparsers) -> None:
    """Adds the command and its actions."""
    parser = subparsers.add_parser("portrait", help="make a portrait of a photo", description=__doc__)
    actions = parser.add_subparsers(dest="action", metavar="action", required=True)
    prepare = actions.add_parser(
        "prepare",
        help="photo to .face file",
        description="Fits a head to the face in a photo and writes one .face file, which the renderer loads at once. "
        "Needs the packages of `pip install 'dystream_ros[portrait]'`.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    prepare.add_argument("photo", type=Path, help="JPEG, PNG or WebP")
    prepare.add_argument(
        "-o", "--output", type=Path, default=None, help="the .face file; beside the photo if not given"
    )
    prepare.add_argument(
        "--face", type=int, default=None, help="which face, 0 for the leftmost; the largest if not given"
    )
    prepare.add_argument("--background", default="keep", help="keep, a colour (#rrggbb), or an image")
    prepare.add_argument("--preview", type=Path, default=None, help="also write a sheet of expressions (PNG or JPEG)")


def run(args: argparse.Namespace) -> int:
    """Runs `dystream portrait prepare`."""
    from dystream_ros.portraits.prepare import prepare_portrait
    from dystream_ros.rendering.portrait import save_portrait

    output = args.output or args.photo.with_suffix(".face")
    if output.suffix != ".face":
        raise ValueError(f"a portrait is written to a .face file, got {output}")
    portrait = prepare_portrait(args.photo, args.face, args.background)
    save_portrait(portrait, output)
    print(output)
    if args.preview:
        from dystream_ros.portraits.gallery import preview_sheet, write_sheet

        write_sheet(preview_sheet(portrait), args.preview)
        print(args.preview)
    return 0
