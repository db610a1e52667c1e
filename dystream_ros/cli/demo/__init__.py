"""dystream demo: a conversation through the real nodes, in real time, and pictures of how it went."""

import argparse
import sys
from pathlib import Path

OUTPUT = Path("demo")


def add_parser(subparsers: argparse._SubParsersAction) -> None:
    """Adds the options of the command."""
    parser = subparsers.add_parser(
        "demo",
        help="a conversation through the ROS nodes, in real time, into demo/",
        description="Plays a conversation into the head node and records what it does. Leaves in demo/: "
        "conversation.mp4, conversation.csv (the motion), filmstrip.png, latency.png and the logs of the nodes. "
        "With a display it also shows the face live. Without files it plays the conversation that ships.",
    )
    parser.add_argument("--self", dest="self_file", metavar="FILE", help="audio of the party whose face is made")
    parser.add_argument("--other", dest="other_file", metavar="FILE", help="audio of the party who is talked to")
    parser.add_argument("--portrait", metavar="NAME", help="photo of the face, or the name of one that ships")
    parser.add_argument("--model", metavar="NAME", help="model that moves the face, or a weights file")
    parser.add_argument("--output", type=Path, default=OUTPUT, metavar="FOLDER", help="default: %(default)s")


def run(args: argparse.Namespace) -> int:
    """Plays, records, draws and prints.

    Raises:
        ModuleNotFoundError: there is no ROS environment.
        ValueError: a file is no audio.
        RuntimeError: a node failed; the text has its last words.
    """
    from dystream_ros.cli.demo.conversation import Conversation, play, require_ros
    from dystream_ros.cli.demo.pictures import draw_filmstrip, draw_latency
    from dystream_ros.cli.demo.report import Report

    require_ros()
    conversation = Conversation.of(args.self_file, args.other_file)
    print(f"demo: {conversation.description}", file=sys.stderr)
    recording = play(conversation, args.output, portrait=args.portrait, model=args.model)
    report = Report.read(recording.motion, recording.status)
    filmstrip, latency = args.output / "filmstrip.png", args.output / "latency.png"
    draw_filmstrip(recording.video, filmstrip)
    draw_latency(report, latency)
    print(report.table())
    for path in (recording.video, recording.motion, filmstrip, latency):
        print(path)
    return 0
