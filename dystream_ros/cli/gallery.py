"""dystream gallery: sheets of all coefficients, visemes, expressions and head turns, and film strips.

Renders sheets of the motions of a face, for a visual check, and film strips of the model speaking and listening.
"""

import argparse
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

    from dystream_ros.face.motion import MotionFrame
    from dystream_ros.rendering.portrait import Portrait

EXAMPLES = """examples:
  dystream gallery                                   coefficients, visemes, expressions, turns and two film strips
  dystream gallery --portrait me.face -o gallery/    of one face
  dystream gallery --sheet docs/gallery.jpg          all of them also as one picture
"""
FACES = ("lumi", "astronaut")
FRAME_RATE = 25
# Of the shipped conversation (assets/demo/timing.json): frames of a sentence, and of a turn of the other party.
SPEAKING, LISTENING = (32, 92), (130, 230)
PICTURES = 13  # in a film strip
SHEET_WIDTH, SHEET_QUALITY = 1300, 68
PICTURE_FILES = (".jpg", ".jpeg", ".png")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declares the options."""
    parser.add_argument(
        "--portrait",
        action="append",
        metavar="NAME",
        help=f"name, .face file or photo; may be repeated (default {' and '.join(FACES)})",
    )
    parser.add_argument("--model", default="compact", help="model of the film strips (default %(default)s)")
    parser.add_argument(
        "-o", "--output", type=Path, default=Path("gallery"), metavar="FOLDER", help="(default %(default)s)"
    )
    parser.add_argument("--sheet", type=Path, metavar="FILE", help="also write all sheets as one picture, PNG or JPEG")


def run(args: argparse.Namespace) -> int:
    """Runs the command."""
    _check(args)
    import cv2
    from tqdm import tqdm

    from dystream_ros.cli import picture_options
    from dystream_ros.portraits.gallery import stacked, titled, write_sheet

    portraits = [picture_options.portrait_of(name) for name in args.portrait or FACES]
    made = {}
    for name, title, sheet in tqdm(_sheets(portraits, args.model), total=6, unit="sheet", desc="gallery", disable=None):
        path = args.output / f"{name}.jpg"
        write_sheet(sheet, path)
        made[path] = titled(title, sheet)
    if args.sheet:
        whole = stacked(list(made.values()))
        ratio = SHEET_WIDTH / whole.shape[1]
        write_sheet(
            cv2.resize(whole, None, fx=ratio, fy=ratio, interpolation=cv2.INTER_AREA), args.sheet, SHEET_QUALITY
        )
    for path in (*made, *([args.sheet] if args.sheet else [])):
        print(path)
    return 0


def _check(args: argparse.Namespace) -> None:
    from dystream_ros.cli import picture_options
    from dystream_ros.cli.arguments import check_model, check_output, check_output_folder

    for name in args.portrait or ():
        picture_options.check_portrait(name)
    check_model(args.model)
    check_output_folder(args.output)
    if args.sheet:
        check_output(args.sheet, PICTURE_FILES)


def _sheets(portraits: "list[Portrait]", model: str) -> "Iterator[tuple[str, str, np.ndarray]]":
    """Name, title and BGR picture of each sheet."""
    from dystream_ros.portraits import gallery

    yield "expressions", "expressions", gallery.expressions_sheet(portraits)
    yield "visemes", "the mouth in speech", gallery.visemes_sheet(portraits)
    yield "turns", "turns of the head", gallery.turns_sheet(portraits)
    motions = _motions(model)
    for name, (first, last) in (("speaking", SPEAKING), ("listening", LISTENING)):
        step = (last - first) / PICTURES
        chosen = [motions[int(first + step * k)] for k in range(PICTURES)]
        labels = [f"{motion.frame / FRAME_RATE:.2f} s" for motion in chosen]
        yield name, f"{name}, as the model '{model}' moves it", gallery.strip_sheet(portraits, chosen, labels)
    yield "coefficients", "each coefficient at 0, 0.5 and 1", gallery.coefficients_sheet(portraits)


def _motions(model: str) -> "list[MotionFrame]":
    """Motions of the beginning of the shipped conversation, self on the left channel."""
    from dystream_ros.assets import demo_conversation
    from dystream_ros.engine.offline import frames_of_files
    from dystream_ros.engine.session import Session
    from dystream_ros.models.registry import load_model
    from dystream_ros.models.runtime import Runtime

    sound = demo_conversation()
    frames = frames_of_files(
        sound, sound, Session(load_model(model, Runtime()).network), self_channel=0, other_channel=1
    )
    return [frame.motion for frame in islice(frames, LISTENING[1])]
