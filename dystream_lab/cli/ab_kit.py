"""dystream ab-kit: a blind comparison of faces by people.

Makes a folder with shuffled pairs of videos, a page that plays them and a score sheet; and evaluates the score sheets
that people return.
"""

import argparse
from pathlib import Path

EXAMPLES = """examples:
  dystream ab-kit make build/kit --systems compact runs/mine/model.safetensors teacher --corpus corpus/first --clips 6
  dystream ab-kit make build/kit --systems compact teacher --corpus corpus/first --seconds 15 --portrait me.face
  dystream ab-kit score build/kit/key.json answers/*.csv

A system is a model, by name or file, or `teacher`, the corpus's own motion. Give people the folder without key.json;
they open index.html and return scores.csv.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declares the options."""
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    make = actions.add_parser("make", help="make a kit")
    make.add_argument("folder", type=Path, help="folder to make")
    make.add_argument("--systems", nargs="+", required=True, metavar="SYSTEM", help="two or more systems")
    make.add_argument(
        "--corpus",
        type=Path,
        required=True,
        metavar="FOLDER",
        help="conversations of voices that no system was trained on",
    )
    make.add_argument("--clips", type=int, default=6, help="number of conversations (default %(default)s)")
    make.add_argument("--seconds", type=float, default=20.0, help="length of each clip (default %(default)s)")
    make.add_argument("--portrait", default="astronaut", help="name or .face file (default %(default)s)")
    make.add_argument("--size", type=int, default=384, help="width and height, even (default %(default)s)")
    make.add_argument("--seed", type=int, default=0, help="seed of the shuffling (default %(default)s)")
    score = actions.add_parser("score", help="evaluate score sheets")
    score.add_argument("key", type=Path, help="key.json of the kit")
    score.add_argument("sheets", type=Path, nargs="+", help="score sheets, .csv")


def run(args: argparse.Namespace) -> int:
    """Runs the command."""
    return _score(args) if args.action == "score" else _make(args)


def _score(args: argparse.Namespace) -> int:
    from dystream_lab.evaluation.people import ab_kit
    from dystream_ros.cli.arguments import check_file

    check_file(args.key, "key of a kit")
    for sheet in args.sheets:
        check_file(sheet, "score sheet")
    for question, found in ab_kit.score(args.key, args.sheets).items():
        for name, (share, low, high, answers) in found.items():
            print(f"{question:<12}{name:<40}{share:5.2f} [{low:.2f}, {high:.2f}]  {int(answers)} answers")
    return 0


def _make(args: argparse.Namespace) -> int:
    import torch

    from dystream_lab.corpus.dataset import ConversationDataset
    from dystream_lab.evaluation.people import ab_kit, ab_videos
    from dystream_lab.evaluation.sets import conversations
    from dystream_ros.rendering.backend import open_renderer

    torch.set_num_threads(1)
    dataset = ConversationDataset(args.corpus, "valid")
    _check(args)
    talks = ab_videos.liveliest(conversations.load(dataset, len(dataset)), args.clips, args.seconds)
    comparisons = ab_kit.pairs(args.systems, [talk.name for talk in talks], args.seed)
    renderer = open_renderer(args.portrait, args.size, args.size)
    try:
        ab_kit.build(args.folder, comparisons, ab_videos.VideoMaker(args.systems, talks, renderer, len(comparisons)))
    finally:
        renderer.close()
    print(f"wrote {len(comparisons)} pairs to {args.folder}; keep {args.folder / ab_kit.KEY} to yourself")
    return 0


def _check(args: argparse.Namespace) -> None:
    """Checks the arguments of `make` before a model is loaded."""
    from dystream_ros.cli.arguments import check_model, check_output_folder
    from dystream_ros.rendering.portrait import check_portrait

    if args.size % 2 or not 64 <= args.size <= 2048:
        raise ValueError(f"--size is {args.size}; accepted are even numbers from 64 to 2048")
    if args.clips < 1:
        raise ValueError(f"--clips is {args.clips}; accepted are 1 and more")
    if not 1 <= args.seconds <= 600:
        raise ValueError(f"--seconds is {args.seconds:g}; accepted are 1 to 600")
    for system in args.systems:
        if system != "teacher":
            check_model(system)
    check_portrait(args.portrait)
    check_output_folder(args.folder)
