"""The command line: dystream <command>. Each module in this folder is one command.

A command module has `add_parser(subparsers)` and `run(args) -> int`, and imports what is heavy inside of `run`.
"""

import argparse
import importlib
import importlib.util
import os
import pkgutil
import signal
import sys

from dystream_ros import __version__

EXAMPLES = """examples:
  dystream demo                                             a conversation through the ROS nodes, into demo/
  dystream render --self a.wav --other b.wav -o out.mp4     the face of party a, who talks with b; needs no ROS
  dystream motion --self a.wav -o out.csv                   only the numbers
"""

# What a user can mend: a file, an option, a missing package. Anything else is a fault of ours and shows its traceback.
REPORTED = (OSError, ValueError, RuntimeError, ImportError)


# The laboratory is a package of its own that a robot does not have: it is looked for by name, never imported here.
_LABORATORY = "dystream_lab.cli"


def commands() -> dict[str, str]:
    """The package of each command there is; the module of `distill-encoder` is `distill_encoder`."""
    packages = [__name__]
    if importlib.util.find_spec(_LABORATORY.partition(".")[0]) is not None:
        packages.append(_LABORATORY)
    return {
        module.name.replace("_", "-"): package
        for package in packages
        for module in pkgutil.iter_modules(importlib.import_module(package).__path__)
        if not module.name.startswith("_")
    }


def _module(command: str, package: str):
    return importlib.import_module(f"{package}.{command.replace('-', '_')}")


def main(argv: list[str] | None = None) -> int:
    """Runs a command line; returns the exit status: 0, the command's own, or 2 after an error of one line."""
    argv = sys.argv[1:] if argv is None else argv
    parser = _parser(argv)
    args = parser.parse_args(argv)
    try:
        return args.run(args)
    except KeyboardInterrupt:
        return 128 + signal.SIGINT
    except BrokenPipeError:
        # The reader of our output has left, as `head` does; Python would complain once more at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 128 + signal.SIGPIPE
    except REPORTED as error:
        if args.traceback:
            raise
        text = " ".join(str(error).split()) or type(error).__name__
        print(f"dystream {args.command}: {text}", file=sys.stderr)
        return 2


def _parser(argv: list[str]) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="dystream",
        description="A face that speaks and listens, frame by frame, from the audio of both parties of a conversation.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"dystream {__version__}")
    parser.add_argument("--traceback", action="store_true", help="show where an error came from")
    subparsers = parser.add_subparsers(dest="command", metavar="command", required=True)
    known = commands()
    # Only the command that is asked for is imported; all of them for the list of commands and for a wrong name.
    for name in [argument for argument in argv if argument in known][:1] or sorted(known):
        _module(name, known[name]).add_parser(subparsers)
    for name, subparser in subparsers.choices.items():
        subparser.set_defaults(run=_module(name, known[name]).run)
    return parser
