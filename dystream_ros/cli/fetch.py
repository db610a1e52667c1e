"""dystream fetch: the published checkpoints from their hub."""

import argparse
from pathlib import Path

EXAMPLES = """examples:
  dystream fetch -o downloads/            asks first: the files carry no licence
  dystream fetch -o downloads/ --yes      for scripts; the same command goes on after an interruption
"""


def add_parser(subparsers: argparse._SubParsersAction) -> None:
    """Declares the command."""
    parser = subparsers.add_parser(
        "fetch",
        help="download the published DyStream checkpoints (9.3 GB)",
        description="Downloads the published checkpoints with huggingface_hub, resumable, and notes their hashes.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="FOLDER", help="folder of the downloads")
    parser.add_argument("--revision", default="main", help="branch, tag or commit (default %(default)s)")
    parser.add_argument("--yes", action="store_true", help="do not ask; you know that the files carry no licence")


def run(args: argparse.Namespace) -> int:
    """Runs the command."""
    from dystream_ros.models.released.files.hub import FILES, LICENCE_NOTICE, fetch

    print(LICENCE_NOTICE)
    print(f"{len(FILES)} files, {sum(FILES.values()) / 1e9:.1f} GB, into {args.output}")
    if not args.yes and not _agreed():
        print("nothing was fetched")
        return 1
    paths = list(fetch(args.output, revision=args.revision))
    for path in paths:
        print(f"fetched {path}")
    print(f"next: dystream convert --checkpoint '{paths[0]}' --renderer '{paths[1]}' -o models/released/")
    return 0


def _agreed() -> bool:
    try:
        return input("Go on? [y/N] ").strip().lower() in ("y", "yes")
    except EOFError as error:
        raise ValueError("nobody is there to ask; give --yes if you know that the files carry no licence") from error
