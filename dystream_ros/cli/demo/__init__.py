"""dystream demo: a conversation through the real nodes, in real time, and pictures of how it went."""

import argparse
import sys
from pathlib import Path

OUTPUT = Path("demo")
PEOPLE = Path("build/people")


def add_parser(subparsers: argparse._SubParsersAction) -> None:
    """Adds the options of the command."""
    from dystream_ros.cli import _view

    parser = subparsers.add_parser(
        "demo",
        help="a conversation through the ROS nodes, in real time, into demo/",
        description="Plays a conversation into the head node and records what it does. Leaves in demo/: "
        "conversation.mp4, conversation.csv (the motion), filmstrip.png, latency.png and the logs of the nodes. "
        "With a display it also shows the face live. Without files it plays the conversation that ships.",
    )
    parser.add_argument("--self", dest="self_file", metavar="FILE", help="audio of the party whose face is made")
    parser.add_argument("--other", dest="other_file", metavar="FILE", help="audio of the party who is talked to")
    parser.add_argument(
        "--people",
        action="store_true",
        help="two recorded people instead of the voices that ship (fetched from Debian with apt-get, 21 MB)",
    )
    parser.add_argument("--model", metavar="NAME", help="model that moves the face, or a weights file")
    _view.add_arguments(parser, size=None)
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
    if args.people:
        if args.self_file or args.other_file:
            raise ValueError("--people brings its own recordings; leave out --self and --other")
        from dystream_ros.cli.demo.recorded_people import stage

        args.self_file, args.other_file = map(str, stage(PEOPLE, args.output))
    conversation = Conversation.of(args.self_file, args.other_file)
    print(f"demo: {conversation.description}", file=sys.stderr)
    recording = play(conversation, args.output, _head_parameters(args))
    report = Report.read(recording.motion, recording.status)
    filmstrip, latency = args.output / "filmstrip.png", args.output / "latency.png"
    draw_filmstrip(recording.video, filmstrip)
    draw_latency(report, latency)
    print(report.table())
    for path in (recording.video, recording.motion, filmstrip, latency):
        print(path)
    return 0


def _head_parameters(args: argparse.Namespace) -> dict[str, object]:
    """Parameters of the head that differ from its defaults; a photo is prepared first, beside the recording."""
    from dystream_ros.cli import _view

    view = _view.settings_of(args)
    parameters = {{"width": "image_width", "height": "image_height"}.get(name, name): view[name] for name in view}
    if args.model:
        parameters["model"] = args.model
    if args.portrait:
        parameters["portrait"] = args.portrait
        if _view.is_photo(args.portrait):
            from dystream_ros.rendering.portrait import save_portrait

            parameters["portrait"] = args.output / "portrait.face"
            args.output.mkdir(parents=True, exist_ok=True)
            save_portrait(_view.portrait_of(args.portrait), parameters["portrait"])
    return parameters
