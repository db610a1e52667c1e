"""Files that cannot be written: what is said about them."""

import errno
import os
from pathlib import Path

import pytest

from dystream_ros.recording.disk import check_writable, free_space, writing_failed


def test_a_full_disk_is_named_with_what_is_free(tmp_path):
    said = writing_failed(OSError(errno.ENOSPC, "No space left on device"), tmp_path / "new" / "video.mp4")
    assert said.startswith(f"{tmp_path}/new/video.mp4: the disk of {tmp_path} is full (")
    assert said.endswith("MB free); free space, or write to another disk")
    assert free_space(tmp_path / "new" / "video.mp4") > 0


def test_the_file_of_the_error_is_named_before_that_of_the_recording():
    said = writing_failed(OSError(errno.EIO, "Input/output error", "/robot/video.csv"), Path("/robot/video.mp4"))
    assert said.startswith("/robot/video.csv: Input/output error")


def test_what_cannot_be_written_is_found_before_the_recording(tmp_path):
    os.mkfifo(tmp_path / "pipe.mp4")
    (tmp_path / "kept.mp4").write_text("of an earlier recording")
    for path in (tmp_path, tmp_path / "pipe.mp4", Path("/proc/x/y.mp4")):
        with pytest.raises(OSError, match=str(path.name)[:1]):
            check_writable(path)
    check_writable(tmp_path / "made" / "video.mp4")
    check_writable(tmp_path / "kept.mp4")
    assert (tmp_path / "kept.mp4").read_text() == "of an earlier recording"
