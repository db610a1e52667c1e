"""Prints the options of `uv pip install`, one per line, that say what the configuration of pip says.

uv reads neither the files of pip nor its environment variables: without these options it would ask another index than
the one that the user chose. An option of pip that uv cannot follow is named in one sentence, with exit status 1.
"""

import shlex
import subprocess
import sys

# Options of pip by uv's; the values are lists, separated by white space.
LISTS = {
    "index-url": "--default-index",
    "extra-index-url": "--extra-index-url",
    "find-links": "--find-links",
    "constraint": "--constraints",
    "trusted-host": "--allow-insecure-host",
    "no-binary": "--no-binary",
    "only-binary": "--only-binary",
}
FLAGS = {"no-index": "--no-index", "no-cache-dir": "--no-cache"}
# What changes neither the packages nor where they come from. uv trusts the certificates of the system.
UNNEEDED = {
    "cache-dir",
    "cert",
    "compile",
    "config-file",
    "default-timeout",
    "disable-pip-version-check",
    "no-compile",
    "no-input",
    "no-python-version-warning",
    "prefer-binary",
    "progress-bar",
    "quiet",
    "require-virtualenv",
    "retries",
    "root-user-action",
    "timeout",
    "verbose",
}
SECTIONS = ("global", "install", ":env:")  # each overrides the ones before


def options(configuration: str) -> list[str]:
    """The options for the output of `pip config list`.

    Raises:
        ValueError: an option of pip has no counterpart; the message names it.
    """
    values = {}
    for section in SECTIONS:
        for line in configuration.splitlines():
            name, _, value = line.partition("=")
            if name.startswith(f"{section}."):
                # pip writes a value as Python's repr: quotes, and \n between the lines of a list
                [text] = shlex.split(value) or [""]
                values[name.removeprefix(f"{section}.")] = text.replace("\\n", " ")
    found = []
    for name, value in values.items():
        if name in LISTS:
            found += [word for each in value.split() for word in (LISTS[name], each)]
        elif name in FLAGS:
            found += [FLAGS[name]] if value.lower() in {"1", "true", "yes", "on"} else []
        elif name not in UNNEEDED:
            raise ValueError(f"pip is configured with '{name}', which uv does not have")
    return found


def main() -> int:
    """Prints the options for the pip of the Python that runs this script."""
    command = [sys.executable, "-m", "pip", "config", "list"]
    configuration = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    try:
        for option in options(configuration):
            print(option)
    except ValueError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
