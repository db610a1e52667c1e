"""Checks of command-line arguments that take milliseconds: a command makes them before it loads a model."""

import errno
import os
from collections.abc import Sequence
from pathlib import Path

import yaml

from dystream_ros.models.errors import ModelError


def check_sound(path: Path, channel: int = -1) -> None:
    """Checks a sound file and its channel.

    Args:
        channel: counted from 0; -1 for the mean of all.
    Raises:
        AudioFileError: not a sound file, without any samples, or without this channel.
    """
    from dystream_ros.audio.files import AudioFileError, open_audio

    with open_audio(path) as audio:
        if not -1 <= channel < audio.channels:
            raise AudioFileError(
                f"{path}: channel {channel} was asked for, it has {audio.channels} (counted from 0; -1 is the mean)"
            )


def check_file(path: Path, what: str) -> None:
    """Checks that a file exists.

    Args:
        what: a noun for the message, such as "photo".
    Raises:
        IsADirectoryError, FileNotFoundError: a folder, or nothing, has this path.
    """
    if path.is_dir():
        raise IsADirectoryError(f"{path} is a folder; give the path of a file ({what})")
    if not path.is_file():
        raise FileNotFoundError(f"there is no file {path} ({what})")


def check_folder(path: Path, what: str) -> None:
    """Checks that a folder exists; `what` as in `check_file`.

    Raises:
        NotADirectoryError, FileNotFoundError: a file, or nothing, has this path.
    """
    if path.is_file():
        raise NotADirectoryError(f"{path} is a file; give a folder ({what})")
    if not path.is_dir():
        raise FileNotFoundError(f"there is no folder {path} ({what})")


def check_output(path: Path, suffixes: Sequence[str] = (), inputs: Sequence[Path | None] = ()) -> None:
    """Makes the folder of an output file and checks that the file can be written. An existing file is not changed.

    Args:
        inputs: files that the command reads; None for one that is not given.
    Raises:
        ValueError: the file has none of these suffixes, or is one of the inputs.
        OSError: the file cannot be written; the message has its path.
    """
    if suffixes and path.suffix not in suffixes:
        raise ValueError(f"the output is {path}; accepted are names that end in {' or '.join(suffixes)}")
    if path.is_dir():
        raise IsADirectoryError(f"the output {path} is a folder; give the path of a file")
    try:
        if path.exists() and not path.is_file():  # opening a pipe waits for its reader
            raise OSError(f"the output {path} is no regular file; give the path of a file")
        if any(each is not None and each.exists() and path.exists() and path.samefile(each) for each in inputs):
            raise ValueError(f"the output {path} is also an input, and would be lost; give another path")
    except OSError as error:
        raise error if error.strerror is None else _unwritable(path, error) from error
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        new = not path.exists()
        path.open("ab").close()
        if new:
            path.unlink()
        # Complete files replace existing ones, which needs a new one beside them.
        folder = Path(os.path.realpath(path)).parent
        if not os.access(folder, os.W_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(folder))
    except OSError as error:
        raise _unwritable(path, error) from error


def check_output_folder(path: Path) -> None:
    """Makes an output folder and checks that files can be made in it.

    Raises:
        OSError: the folder cannot be written; the message has its path.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
        probe = path / ".dystream-probe"
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise _unwritable(path, error) from error


def check_model(name_or_path: str) -> None:
    """Checks that a model exists and has its weights, without loading it.

    Raises:
        ModelError: neither a shipped model nor a file, a damaged file, or a model whose weights were not converted yet.
    """
    from dystream_ros.models.registry import FAMILIES, family_name, find_model

    path = find_model(name_or_path)
    family = FAMILIES.get(family_name(path))
    if family is None or not family.folder_file or path.suffix not in (".yaml", ".yml"):
        return
    weights = yaml.safe_load(path.read_text(encoding="utf-8")).get("weights")
    if not isinstance(weights, str):
        return  # the family reports what its model file lacks
    folder = path.parent / Path(weights).expanduser()
    if not (folder / family.folder_file).is_file():
        raise ModelError(
            f"the model {name_or_path} has no weights yet: there is no {folder / family.folder_file}. Fetch the "
            "published checkpoints with `dystream fetch -o downloads/`, and convert them with the `dystream convert` "
            "command that it prints"
        )


def _unwritable(path: Path, error: OSError) -> OSError:
    above = next((parent for parent in path.absolute().parents if parent.exists()), None)
    cause = error.strerror if above is None or above.is_dir() else f"{above} is not a folder"
    return OSError(f"{path} cannot be written: {cause}; give a path in a folder that you may write to")
