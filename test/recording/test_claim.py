"""One writer per output, across processes."""

import contextlib
import os
import subprocess
import sys

import pytest

from dystream_ros.recording import claim
from dystream_ros.recording.claim import OutputInUse, claimed

_HOLD = """
import sys
from pathlib import Path
from dystream_ros.recording.claim import claimed
with claimed(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


@contextlib.contextmanager
def another_program(path):
    """A process that holds a path until the end of its input."""
    command = [sys.executable, "-c", _HOLD, path]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "held\n"
        try:
            yield process
        finally:
            process.kill()


def test_a_second_program_is_refused_until_the_first_has_ended(tmp_path):
    path = tmp_path / "new folder" / "it's a film.mp4"
    with another_program(path) as first:
        with pytest.raises(OutputInUse, match=r"film\.mp4 is being written by another program; wait for its end, or"):
            claimed(path).__enter__()
        with claimed(path.with_name("other.mp4")):
            pass
        first.stdin.close()
        assert first.wait() == 0
        with claimed(path):
            pass
    assert list(path.parent.iterdir()) == []


def test_a_program_that_is_killed_holds_nothing(tmp_path):
    with another_program(tmp_path / "film.mp4") as first:
        first.kill()
        first.wait()
        with claimed(tmp_path / "film.mp4"):
            pass
    assert list(tmp_path.iterdir()) == []


def test_one_file_by_two_names_is_one_output(tmp_path):
    (tmp_path / "film.mp4").touch()
    (tmp_path / "link.mp4").symlink_to("film.mp4")
    (tmp_path / "folder").symlink_to(tmp_path)
    with claimed(tmp_path / "film.mp4"):
        for name in ("link.mp4", "folder/film.mp4"):
            with pytest.raises(OutputInUse, match="is being written"):
                claimed(tmp_path / name).__enter__()


def test_the_longest_names_of_a_file_system_can_be_held(tmp_path):
    for name in ("a" * 251 + ".mp4", "映" * 83 + ".mp4"):
        (tmp_path / name).touch()
        with claimed(tmp_path / name):
            pass


def test_a_lock_that_was_removed_while_it_was_opened_is_taken_anew(tmp_path, monkeypatch):
    """Between opening the file and locking it, the holder before may have removed it."""
    flock, removed = claim.fcntl.flock, []

    def remove_first(descriptor, operation):
        if not removed:
            removed.append(True)
            (tmp_path / ".film.mp4.lock").unlink()
        flock(descriptor, operation)

    monkeypatch.setattr(claim.fcntl, "flock", remove_first)
    with claimed(tmp_path / "film.mp4"):
        assert removed
        monkeypatch.undo()
        with pytest.raises(OutputInUse):
            claimed(tmp_path / "film.mp4").__enter__()


def test_a_disk_without_locks_grants_the_output(tmp_path, monkeypatch):
    def refuse(descriptor, operation):
        raise OSError(claim.errno.ENOLCK, os.strerror(claim.errno.ENOLCK))

    monkeypatch.setattr(claim.fcntl, "flock", refuse)
    with claimed(tmp_path / "film.mp4"):
        pass
    assert list(tmp_path.iterdir()) == []
