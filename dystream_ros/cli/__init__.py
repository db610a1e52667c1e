"""The command line: `dystream COMMAND`.

A new command is one file in this folder, or in `dystream_lab/cli` for the laboratory. A file is a command when its
docstring begins with `dystream NAME:`, where NAME is the file's name with hyphens. Other files here are shared parts.
A command has

- a docstring: the rest of the first line is its line in `dystream --help`, the paragraphs below it are its description;
- `EXAMPLES`: text at the end of its own help;
- `add_arguments(parser)`: declares its options;
- `run(args) -> int`: returns the exit status. It checks all arguments (see `arguments`) before it loads a model.
  Modules that are slow to import are imported inside this function.

`dystream --help` reads the docstrings without importing the commands. `dystream COMMAND` imports that command only.
"""

import argparse
import ast
import importlib
import importlib.util
import logging
import os
import pkgutil
import shutil
import signal
import sys
import textwrap
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dystream_ros import __version__

EXAMPLES = """examples:
  dystream demo                                             a conversation through the ROS nodes, into demo/
  dystream render --self a.wav --other b.wav -o out.mp4     video of the face of party a; needs no ROS
  dystream motion --self a.wav -o out.csv                   the motion as numbers
  dystream render --help                                    the options of a command
"""

# Errors that a user can fix: a file, an option, a missing package. Any other error is a defect and shows its traceback.
REPORTED = (OSError, ValueError, RuntimeError, ImportError)

# Found by name and never imported here: the laboratory is not installed on a robot.
LABORATORY = "dystream_lab.cli"
LABORATORY_MISSING = "not installed; in the checkout: pip install '.[lab]'"


def commands(package: str) -> dict[str, str]:
    """Name and one-line help of each command in a package; empty when the package is not installed."""
    # This imports the packages that contain the commands, not the commands.
    if importlib.util.find_spec(package.partition(".")[0]) is None:
        return {}
    spec = importlib.util.find_spec(package)
    if spec is None:
        return {}
    found = {}
    for module in pkgutil.iter_modules(spec.submodule_search_locations):
        name = module.name.replace("_", "-")
        if line := _description(f"{package}.{module.name}", name):
            found[name] = line.splitlines()[0].rstrip(".")
    return found


def main(argv: list[str] | None = None) -> int:
    """Runs a command line; returns the exit status: 0, the command's own, or 2 after an error of one line."""
    top = _top_parser()
    given = top.parse_args(argv)
    if given.command is None:
        print(_help(top), end="", file=sys.stderr)
        return 2
    package = next((each for each in (__name__, LABORATORY) if given.command in commands(each)), None)
    if package is None:
        print(f"dystream: {_unknown(given.command)}", file=sys.stderr)
        return 2
    traceback = given.traceback or "--traceback" in given.arguments
    try:
        with _messages(given.command, everything=traceback):
            return _run(package, given.command, given.arguments)
    except KeyboardInterrupt:
        return 128 + signal.SIGINT
    except BrokenPipeError:
        # The reader of the output, such as `head`, closed the pipe. Without this, Python reports it again at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 128 + signal.SIGPIPE
    except REPORTED as error:
        if traceback:
            raise
        print(f"dystream {given.command}: {_text(error)}", file=sys.stderr)
        return 2


def _run(package: str, command: str, arguments: list[str]) -> int:
    """Imports a command, parses its arguments and runs it; returns its exit status."""
    module = importlib.import_module(f"{package}.{command.replace('-', '_')}")
    parser = argparse.ArgumentParser(
        prog=f"dystream {command}",
        description=_paragraphs(_description(module.__name__, command)),
        epilog=module.EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    _add_traceback(parser)
    module.add_arguments(parser)
    args = parser.parse_args(arguments)
    # `--self=~/a.wav`, or SELF=~/a.wav of make: no shell has replaced this tilde.
    for name, value in vars(args).items():
        if isinstance(value, Path):
            setattr(args, name, value.expanduser())
    args.command = command
    return module.run(args)


class _Help(argparse.Action):
    """`--help` of `dystream` itself, in two groups."""

    def __init__(self, option_strings: list[str], dest: str, **kwargs: object) -> None:
        super().__init__(option_strings, dest, nargs=0, help="show this help and exit")

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        print(_help(parser), end="")
        parser.exit()


def _top_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="dystream",
        usage="dystream [--help] [--version] [--traceback] COMMAND ...",
        description="A face that speaks and listens, frame by frame, from the audio of both parties of a conversation.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        add_help=False,
    )
    parser.add_argument("-h", "--help", action=_Help)
    parser.add_argument("--version", action="version", version=f"dystream {__version__}")
    _add_traceback(parser)
    parser.add_argument("command", nargs="?", help=argparse.SUPPRESS)
    parser.add_argument("arguments", nargs=argparse.REMAINDER, help=argparse.SUPPRESS)
    return parser


def _add_traceback(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--traceback", action="store_true", help="show where an error or a warning comes from")


def _help(parser: argparse.ArgumentParser) -> str:
    """The help of `dystream`: commands of the face, commands of the laboratory, options, examples."""
    groups = []
    for title, package in (("commands", __name__), ("commands of the laboratory", LABORATORY)):
        lines = commands(package)
        if not lines:
            groups.append(f"{title}: {LABORATORY_MISSING}")
            continue
        width = max(map(len, lines)) + 2
        groups.append("\n".join([f"{title}:", *(f"  {name:<{width}}{lines[name]}" for name in sorted(lines))]))
    usage, _, rest = parser.format_help().partition("options:")
    return "\n\n".join([usage.strip(), *groups, f"options:{rest}".strip(), EXAMPLES])


def _unknown(command: str) -> str:
    known = [name for package in (__name__, LABORATORY) for name in sorted(commands(package))]
    text = f"there is no command '{command}'; there are {', '.join(known)}"
    return text if commands(LABORATORY) else f"{text}. The commands of the laboratory are {LABORATORY_MISSING}"


def _description(module: str, command: str) -> str:
    """The docstring of a command after `dystream NAME: `, read from its file; "" for a module that is no command."""
    spec = importlib.util.find_spec(module)
    if spec is None or spec.origin is None:
        return ""
    with open(spec.origin, encoding="utf-8") as file:
        docstring = ast.get_docstring(ast.parse(file.read())) or ""
    beginning, _, rest = docstring.partition(": ")
    return rest if beginning == f"dystream {command}" else ""


def _paragraphs(description: str) -> str:
    """The paragraphs of a description below its first line, or that line alone, filled to the width of the terminal."""
    line, _, below = description.partition("\n\n")
    width = min(100, shutil.get_terminal_size().columns - 2)
    paragraphs = (below or line[:1].upper() + line[1:]).split("\n\n")
    return "\n\n".join(textwrap.fill(" ".join(paragraph.split()), width) for paragraph in paragraphs)


def _text(error: Exception) -> str:
    """An error as one line; an error of the operating system includes its path."""
    if isinstance(error, OSError) and error.filename is not None and error.strerror:
        return f"{error.filename}: {error.strerror}"
    if isinstance(error, ModuleNotFoundError):
        from dystream_ros.cli.missing_packages import explained

        return explained(error)
    return " ".join(str(error).split()) or type(error).__name__


@contextmanager
def _messages(command: str, everything: bool) -> Iterator[None]:
    """Writes warnings of this project to stderr, one line each, and hides those of libraries.

    Args:
        everything: show the warnings of libraries as well.
    """
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter(f"dystream {command}: %(message)s"))
    handler.setLevel(logging.WARNING)
    handler.addFilter(
        lambda record: everything or record.name.startswith("dystream") or record.levelno > logging.WARNING
    )
    root = logging.getLogger()
    root.addHandler(handler)
    try:
        with warnings.catch_warnings():
            if not everything and not sys.warnoptions:
                warnings.simplefilter("ignore")
            yield
    finally:
        root.removeHandler(handler)
