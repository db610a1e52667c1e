"""Portraits as files."""

import zipfile
from dataclasses import fields

import numpy as np
import pytest

from dystream_ros.rendering.portrait import Portrait, PortraitError, find_portrait, load_portrait, save_portrait


def test_a_portrait_survives_its_file(portrait, tmp_path):
    save_portrait(portrait, tmp_path / "again.face")
    again = load_portrait(tmp_path / "again.face")
    for field in fields(Portrait):
        before, after = getattr(portrait, field.name), getattr(again, field.name)
        assert before.shape == after.shape, field.name
        assert before.dtype == after.dtype, field.name
        if field.name not in ("image", "background"):  # these two are compressed as JPEG
            assert np.array_equal(before, after), field.name


def test_the_shipped_portrait_is_small():
    assert find_portrait("astronaut").stat().st_size < 1_000_000


def test_a_file_of_a_portrait_holds_no_pickles(portrait, tmp_path):
    save_portrait(portrait, tmp_path / "a.face")
    with zipfile.ZipFile(tmp_path / "a.face") as archive:
        assert {name.rsplit(".")[-1] for name in archive.namelist()} == {"json", "npy", "jpg", "png"}


def test_a_missing_portrait_is_named_beside_those_there_are():
    with pytest.raises(PortraitError, match=r"'nobody'.*astronaut.*dystream portrait prepare"):
        load_portrait("nobody")


@pytest.mark.parametrize("content", [b"", b"not a portrait", None])
def test_a_damaged_portrait_is_refused(portrait, tmp_path, content):
    path = tmp_path / "damaged.face"
    if content is None:
        save_portrait(portrait, path)
        content = path.read_bytes()[:-5000]
    path.write_bytes(content)
    with pytest.raises(PortraitError, match=r"damaged.face is not a readable .face file"):
        load_portrait(path)


def test_a_portrait_of_another_format_is_refused(tmp_path):
    path = tmp_path / "future.face"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("face.json", '{"format": 99}')
    with pytest.raises(PortraitError, match="format 99"):
        load_portrait(path)
