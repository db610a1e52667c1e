"""dystream demo: a conversation through the ROS nodes, in real time, into demo/.

Plays a conversation into the head node and records its output. Writes to demo/: conversation.mp4, conversation.csv
(the motion), filmstrip.png, latency.png and the logs of the nodes. With a display it also shows the face live. Without
files it plays the shipped conversation. With --robot a simulated mechanical head performs the motion meanwhile:
robot.mp4 shows both side by side, joints.csv has the positions of its joints.
"""

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dystream_ros.cli.demo.echo import EchoFigures, EchoFiles

OUTPUT = Path("demo")
PEOPLE = Path("build/people")
RESULTS = ("conversation.mp4", "conversation.csv", "filmstrip.png", "latency.png", "robot.mp4", "joints.csv")
EXAMPLES = """examples:
  dystream demo
  dystream demo --self robot.wav --other visitor.wav --portrait me.jpg
  dystream demo --echo
  dystream demo --people --framing head --background green
  dystream demo --robot research
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declares the options."""
    from dystream_ros.cli import picture_options

    parser.add_argument("--self", dest="self_file", type=Path, metavar="FILE", help="audio of the party with the face")
    parser.add_argument("--other", dest="other_file", type=Path, metavar="FILE", help="audio of its partner")
    parser.add_argument(
        "--people",
        action="store_true",
        help="two recorded people instead of the shipped voices (fetched from Debian with apt-get, 21 MB)",
    )
    parser.add_argument(
        "--echo",
        action="store_true",
        help="let the robot's own voice leak into the partner's microphone, and measure what that does to the face",
    )
    parser.add_argument("--model", metavar="NAME", help="name, .safetensors or model file (default compact)")
    parser.add_argument(
        "--robot",
        metavar="NAME",
        choices=("research",),
        help="a simulated head performs the motion, and is filmed: research",
    )
    picture_options.add_arguments(parser, size=None)
    parser.add_argument(
        "--output", type=Path, default=OUTPUT, metavar="FOLDER", help="folder of the results (default %(default)s)"
    )


def run(args: argparse.Namespace) -> int:
    """Runs the command.

    Raises:
        ModuleNotFoundError: a package or the ROS environment is missing.
        ValueError: an argument is not accepted.
        OSError: the output folder cannot be written.
        OutputInUse: another demo writes into this folder.
        RuntimeError: a node failed; the message has its last error.
    """
    _check(args)
    from dystream_ros.recording.claim import claimed

    with claimed(args.output / "demo"):  # in the folder: the one above may not be writable
        return _perform(args)


def _perform(args: argparse.Namespace) -> int:
    """Plays, records and draws."""
    from dystream_ros.cli.demo.conversation import Conversation, play
    from dystream_ros.cli.demo.pictures import draw_filmstrip, draw_latency
    from dystream_ros.cli.demo.report import Report

    for name in RESULTS:
        (args.output / name).unlink(missing_ok=True)  # those of another conversation
    if args.people:
        from dystream_ros.cli.demo.recorded_people import stage

        args.self_file, args.other_file = stage(PEOPLE, args.output)
    echo = _stage_echo(args) if args.echo else None
    conversation = Conversation.of(args.self_file, args.other_file)
    print(f"demo: {conversation.description}", file=sys.stderr)
    recording = play(conversation, args.output, _head_parameters(args), args.robot)
    report = Report.read(recording.motion, recording.status, recording.load)
    filmstrip, latency = args.output / "filmstrip.png", args.output / "latency.png"
    draw_filmstrip(recording.video, filmstrip)
    draw_latency(report, latency)
    print(report.text())
    paths = [recording.video, recording.motion, filmstrip, latency]
    if args.robot:
        from dystream_ros.cli.demo.robot import film

        paths.append(args.output / "robot.mp4")
        print(film(args.robot, recording.video, recording.motion, recording.joints, paths[-1]).text())
    if echo is not None:
        print(f"\n{_echo_figures(args, echo).text()}\n")
    for path in paths:
        print(path)
    return 0


def _stage_echo(args: argparse.Namespace) -> "EchoFiles":
    """Files of the conversation with the echo; they replace those of the arguments."""
    from dystream_ros.assets import demo_conversation
    from dystream_ros.cli.demo.echo import stage
    from dystream_ros.cli.recorded_conversation import track

    shipped = not (args.self_file or args.other_file)
    if shipped:
        own, other = (track(demo_conversation(), channel) for channel in (0, 1))
    else:
        own, other = (track(path, -1) for path in (args.self_file, args.other_file))
    files = stage(own, other, args.output)
    args.self_file, args.other_file = files.own, files.other
    return files


def _echo_figures(args: argparse.Namespace, files: "EchoFiles") -> "EchoFigures":
    from dystream_ros.cli.demo.echo import EchoFigures
    from dystream_ros.engine.session import Session
    from dystream_ros.models.registry import load_model
    from dystream_ros.models.runtime import Runtime

    print("demo: making the motion with and without the echo", file=sys.stderr)
    return EchoFigures.measure(files, Session(load_model(args.model or "compact", Runtime()).network, 0))


def _check(args: argparse.Namespace) -> None:
    """Checks the arguments and the installation before any node starts."""
    from dystream_ros.cli import picture_options
    from dystream_ros.cli.arguments import check_model, check_output, check_output_folder, check_sound
    from dystream_ros.cli.missing_packages import require

    for path in (args.self_file, args.other_file):
        if path is not None:
            check_sound(path)
    if args.people and (args.self_file or args.other_file):
        raise ValueError("--people brings its own recordings; leave out --self and --other")
    if args.echo and args.other_file and not args.self_file:
        raise ValueError("--echo needs the voice that leaks: give --self FILE")
    picture_options.check(args)
    if args.model:
        check_model(args.model)
    require("matplotlib", "drawing the results")
    if args.robot:
        require("mujoco", "the simulated head")
    from dystream_ros.cli.demo.conversation import require_ros

    require_ros()
    check_output_folder(args.output)
    pictures = [Path(each).expanduser() for each in (args.portrait, args.background) if each]
    for name in RESULTS:
        check_output(args.output / name, inputs=[args.self_file, args.other_file, *pictures])


def _head_parameters(args: argparse.Namespace) -> dict[str, object]:
    """Parameters of the head that differ from its defaults; a photo is prepared first, beside the recording."""
    from dystream_ros.cli import picture_options

    view = picture_options.settings_of(args)
    parameters = {{"width": "image_width", "height": "image_height"}.get(name, name): view[name] for name in view}
    if args.model:
        parameters["model"] = args.model
    if args.portrait:
        parameters["portrait"] = args.portrait
        if picture_options.is_photo(args.portrait):
            from dystream_ros.rendering.portrait import save_portrait

            parameters["portrait"] = args.output / "portrait.face"
            args.output.mkdir(parents=True, exist_ok=True)
            save_portrait(picture_options.portrait_of(args.portrait), parameters["portrait"])
    return parameters
