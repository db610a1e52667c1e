"""dystream actuators: check or begin the calibration of an animatronic head.

`check` runs a recorded conversation through the joints of a calibration file. It prints how much of its range each
joint uses, where targets are cut off, and which limits are reached, and draws ranges, speeds and accelerations. Without
a recording it takes the shipped conversation.

`new` writes a calibration file with an explanation of every key, with the joints of a URDF if one is given.
"""

import argparse
from pathlib import Path

EXAMPLES = """examples:
  dystream actuators new my_head.yaml --urdf my_robot.urdf
  dystream actuators check my_head.yaml
  dystream actuators check my_head.yaml --motion demo/conversation.csv -o check/
  dystream actuators check research --self robot.wav --other visitor.wav
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declares the options."""
    from dystream_ros.cli import recorded_conversation

    parser.add_argument("action", choices=("check", "new"), help="what to do")
    parser.add_argument(
        "file", type=Path, metavar="FILE", help="calibration file; for check also beginner, research, full"
    )
    parser.add_argument(
        "--motion", type=Path, metavar="FILE", help="check: recorded motion, .npz or .csv, instead of audio"
    )
    parser.add_argument("--urdf", type=Path, metavar="FILE", help="new: take joints and limits from this robot")
    parser.add_argument(
        "--rate", type=float, default=50.0, metavar="HZ", help="check: commands per second (default %(default)s)"
    )
    parser.add_argument(
        "-o", "--output", type=Path, default=Path("actuators_check"), metavar="FOLDER",
        help="check: folder of the pictures (default %(default)s)",
    )  # fmt: skip
    recorded_conversation.add_arguments(parser)


def run(args: argparse.Namespace) -> int:
    """Runs the command; `check` returns 1 when a calibration has errors."""
    return _new(args) if args.action == "new" else _check(args)


def _new(args: argparse.Namespace) -> int:
    from dystream_ros.actuators.calibration_file import parse_calibration
    from dystream_ros.actuators.template import joints_of_urdf, template
    from dystream_ros.cli.arguments import check_output
    from dystream_ros.files import read_small_text

    if args.file.exists():
        raise ValueError(f"{args.file} exists already; choose another name")
    check_output(args.file)
    joints = None
    if args.urdf is not None:
        try:
            joints = joints_of_urdf(read_small_text(args.urdf))
        except ValueError as refused:
            raise ValueError(f"{args.urdf}: {refused}") from refused
    text = template(args.file.stem, joints)
    parse_calibration(text, str(args.file))
    args.file.write_text(text, encoding="utf-8")
    print(f"wrote {args.file}; next: dystream actuators check {args.file}")
    return 0


def _check(args: argparse.Namespace) -> int:
    import sys

    from dystream_ros.actuators.calibration_file import CalibrationRefused, read_calibration
    from dystream_ros.actuators.replay import replay
    from dystream_ros.cli.actuator_motion import recorded_motion, shipped_or_path
    from dystream_ros.cli.actuator_pictures import draw
    from dystream_ros.cli.arguments import check_output_folder
    from dystream_ros.cli.missing_packages import require

    require("matplotlib", "drawing the results")
    if not 10 <= args.rate <= 500:
        raise ValueError(f"--rate {args.rate}: accepted is 10 to 500 Hz")
    try:
        calibration = read_calibration(shipped_or_path(args.file))
    except CalibrationRefused as refused:
        for problem in refused.problems:
            print(problem, file=sys.stderr)
        return 1
    check_output_folder(args.output)
    names, neutral, values, head_pose = recorded_motion(args)
    done = replay(calibration, names, neutral, values, head_pose, args.rate)
    usages = done.usage()
    print(f"{calibration.name}: {len(usages)} joints, {done.seconds[-1]:.0f} s of motion")
    width = max(len(usage.name) for usage in usages)
    print(f"{'joint':{width}}  reached [rad]      of range  cut off  velocity  acceleration  travel [rad/min]")
    for each in usages:
        reached = f"{each.lowest:+.3f} to {each.highest:+.3f}"
        print(
            f"{each.name:{width}}  {reached:17}  {each.used:8.0%}  {each.saturated:7.1%}  {each.velocity:8.0%}  "
            f"{each.acceleration:12.0%}  {each.travel:16.1f}"
        )
    for each in usages:
        if each.remark:
            print(f"{each.name}: {each.remark}")
    for path in draw(done, args.output):
        print(path)
    return 0
