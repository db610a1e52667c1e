"""dystream fetch: download the published DyStream checkpoints (9.3 GB).

Downloads with huggingface_hub and writes the SHA-256 of each file beside it. After an interruption the same command
continues the download.
"""

import argparse
from pathlib import Path

EXAMPLES = """examples:
  dystream fetch -o downloads/            asks first: the files carry no licence
  dystream fetch -o downloads/ --yes      for scripts
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declares the options."""
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="FOLDER", help="folder of the downloads")
    parser.add_argument("--revision", default="main", help="branch, tag or commit (default %(default)s)")
    parser.add_argument("--yes", action="store_true", help="do not ask; you know that the files carry no licence")


def run(args: argparse.Namespace) -> int:
    """Runs the command; status 1 when the user declines."""
    from dystream_ros.cli.arguments import check_output_folder
    from dystream_ros.cli.missing_packages import require

    require("huggingface_hub", "the download")
    from dystream_ros.models.released.files.hub import FILES, LICENCE_NOTICE, fetch

    print(LICENCE_NOTICE)
    print(f"{len(FILES)} files, {sum(FILES.values()) / 1e9:.1f} GB, into {args.output}")
    if not args.yes and not _agreed():
        print("nothing was downloaded")
        return 1
    check_output_folder(args.output)
    paths = list(fetch(args.output, revision=args.revision))
    for path in paths:
        print(f"downloaded {path}")
    print(f"next: dystream convert --checkpoint '{paths[0]}' --renderer '{paths[1]}'")
    return 0


def _agreed() -> bool:
    try:
        return input("Download them? [y/N] ").strip().lower() in ("y", "yes")
    except EOFError as error:
        raise ValueError(
            "there is no terminal to ask on; give --yes if you know that the files carry no licence"
        ) from error
