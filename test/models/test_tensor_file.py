"""Files of tensors: every user reads them, and a file is whole or the one before."""

import errno
import os
import resource

import pytest
import torch
from safetensors.torch import load_file

from dystream_ros.models.tensor_file import write_tensors


@pytest.fixture
def umask():
    before = os.umask(0o077)
    yield
    os.umask(before)


def test_every_user_may_read_the_file(tmp_path, umask):
    path = tmp_path / "new" / "weights.safetensors"
    write_tensors({"a": torch.arange(6.0).reshape(2, 3).T}, path, {"format": "test"})
    assert path.stat().st_mode & 0o444 == 0o444
    assert torch.equal(load_file(path)["a"], torch.arange(6.0).reshape(2, 3).T)
    assert os.listdir(path.parent) == [path.name]


def test_a_failure_leaves_the_file_before_and_nothing_else(tmp_path):
    path = tmp_path / "weights.safetensors"
    write_tensors({"a": torch.zeros(3)}, path)
    shared = torch.ones(3)
    with pytest.raises(RuntimeError):
        write_tensors({"a": shared, "b": shared}, path)
    assert torch.equal(load_file(path)["a"], torch.zeros(3))
    assert os.listdir(tmp_path) == [path.name]


def test_a_full_disk_is_an_error_of_the_operating_system(tmp_path):
    """safetensors quotes such errors in one of its own. A limit of the size of files stands in for the disk."""
    path = tmp_path / "weights.safetensors"
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, limits[1]))
    try:
        with pytest.raises(OSError, match="File too large") as raised:
            write_tensors({"a": torch.zeros(1000)}, path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert (raised.value.errno, raised.value.filename) == (errno.EFBIG, str(path))
    assert list(tmp_path.iterdir()) == []
