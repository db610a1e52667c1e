"""Portraits as files."""

import errno
import io
import os
import zipfile
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest

from dystream_ros.rendering.portrait import (
    Portrait,
    PortraitError,
    check_portrait,
    find_portrait,
    load_portrait,
    save_portrait,
)
from dystream_ros.rendering.portrait_check import RULES


def test_a_portrait_survives_its_file(portrait, tmp_path):
    save_portrait(portrait, tmp_path / "again.face")
    again = load_portrait(tmp_path / "again.face")
    for field in fields(Portrait):
        before, after = getattr(portrait, field.name), getattr(again, field.name)
        assert before.shape == after.shape, field.name
        assert before.dtype == after.dtype, field.name
        if field.name not in ("image", "background"):  # these two are compressed as JPEG
            assert np.array_equal(before, after), field.name


def test_a_portrait_that_cannot_be_written_leaves_the_one_before(portrait, tmp_path, monkeypatch):
    path = tmp_path / "a.face"
    save_portrait(portrait, path)

    def full(partial, content):
        partial.touch()
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(partial))

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(OSError, match="No space left"):
        save_portrait(portrait, path)
    assert load_portrait(path).image.shape == portrait.image.shape
    assert os.listdir(tmp_path) == ["a.face"]


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


@pytest.fixture(scope="module")
def members():
    """The content of each member of a portrait's file."""
    with zipfile.ZipFile(find_portrait("lumi")) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


@pytest.fixture
def face_with(members, tmp_path):
    """Writes a portrait's file in which some members are replaced; an array is stored as .npy."""

    def write(**changed):
        path = tmp_path / "odd.face"
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
            for name, content in members.items():
                value = changed.get(name.partition(".")[0], content)
                if isinstance(value, np.ndarray):
                    buffer = io.BytesIO()
                    np.save(buffer, value)
                    value = buffer.getvalue()
                archive.writestr(name, value)
        return path

    return write


def odd(array, how):
    changed = array.copy()
    if how == "types":
        return array.astype(complex)
    if how == "empty":
        return np.zeros((0, *array.shape[1:]), array.dtype)
    if how == "dimensions":
        return array[None]
    if how == "one too large":
        changed.flat[array.size // 2] = 60_000 if array.dtype.kind == "f" else np.iinfo(array.dtype).max
    elif how == "NaN":
        changed.flat[-1] = np.nan
    return changed


def test_every_array_has_a_rule():
    assert list(RULES) == [field.name for field in fields(Portrait)]


@pytest.mark.parametrize("name", sorted(RULES.keys() - {"image", "matte", "background"}))
def test_an_array_that_cannot_be_drawn_is_refused_by_name(portrait, face_with, name):
    array = np.asarray(getattr(portrait, name))
    for how in ("types", "empty", "dimensions", "one too large", "NaN"):
        if how == "NaN" and array.dtype.kind != "f":
            continue
        with pytest.raises(PortraitError, match=rf"odd.face is not a readable .face file \('{name}' "):
            check_portrait(face_with(**{name: odd(array, how)}))


@pytest.mark.parametrize(
    ("name", "change", "what"),
    [
        ("camera", lambda camera: camera * 0, "the head must be before it"),
        ("rotation", lambda rotation: rotation * 0.5, "no rotation matrix"),
        ("eyes", lambda eyes: eyes * 0, "accepted are 0.0001 to 0.1 m"),
        ("lips", lambda lips: lips * 0, "no loop"),
        ("opacity", lambda opacity: opacity * 0, "show no face"),
    ],
)
def test_a_face_without_size_is_refused(portrait, face_with, name, change, what):
    with pytest.raises(PortraitError, match=what):
        load_portrait(face_with(**{name: change(getattr(portrait, name))}))


@pytest.mark.parametrize("text", ["[]", "1", "null", "{}", "[" * 100_000, "\xff", '{"format": {}}'])
def test_an_odd_description_is_refused(face_with, text):
    with pytest.raises(PortraitError, match=r"odd.face (is not a readable|has format)"):
        load_portrait(face_with(face=text.encode("latin-1")))


def test_a_header_that_claims_terabytes_is_refused_before_memory_is_taken(face_with):
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(header, {"descr": "<f4", "fortran_order": False, "shape": (10**12, 3)})
    with pytest.raises(PortraitError, match=r"'vertices' states an array of \(1000000000000, 3\)"):
        load_portrait(face_with(vertices=header.getvalue() + bytes(1000)))


def test_a_bomb_is_refused_by_its_directory(members, tmp_path):
    path = tmp_path / "bomb.face"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, content in members.items():
            archive.writestr(name, bytes(100_000_000) if name == "vertices.npy" else content)
    assert path.stat().st_size < 2_000_000
    with pytest.raises(PortraitError, match=r"it holds 1\d\d MB when unpacked, at most 64 are accepted"):
        check_portrait(path)


def test_a_picture_in_it_that_claims_to_be_huge_is_refused_before_it_is_decoded(face_with):
    png = b"\x89PNG\r\n\x1a\n" + (13).to_bytes(4, "big") + b"IHDR" + (60_000).to_bytes(4, "big") * 2 + bytes(20)
    with pytest.raises(PortraitError, match="the image 'matte' in it is damaged or has more than 16 megapixels"):
        load_portrait(face_with(matte=png))


def test_only_regular_files_are_opened(tmp_path):
    os.mkfifo(tmp_path / "pipe.face")
    for name in (tmp_path / "pipe.face", tmp_path, "/dev/zero", "x" * 5000, "~nosuchuser/x", "nul\0"):
        with pytest.raises(PortraitError, match="is neither a file nor"):
            load_portrait(name)
