"""The commands that measure and compare pictures."""

import numpy as np
import pytest

from benchmarks import compare_pictures, picture_parts
from dystream_ros.rendering.opengl_renderer import OpenGLRenderer
from dystream_ros.rendering.view import View


def test_the_parts_of_a_picture_add_up_and_leave_the_renderer_as_it_was(portrait):
    with OpenGLRenderer(portrait, View(64, 64)) as renderer:
        first, *_, last = picture_parts.talking(25)
        other, before = renderer.render(first), renderer.render(last)
        figures = picture_parts.measure(renderer, rounds=1)
        assert np.array_equal(renderer.render(last), before)
        whole = figures.pop("whole picture")
        assert sum(figures.values()) == pytest.approx(whole)
        for name, leave_out in picture_parts.parts_of(renderer).items():
            with leave_out():
                assert not np.array_equal(renderer.render(first), other), name


def test_pictures_of_another_version_are_compared_one_by_one(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(compare_pictures, "VIEWS", (View(48, 48), View(32, 48, background="transparent")))
    file = tmp_path / "pictures.npz"
    monkeypatch.setattr("sys.argv", ["", "write", str(file), "--portraits", "robot"])
    assert compare_pictures.main() == 0
    monkeypatch.setattr("sys.argv", ["", "compare", str(file), "--portraits", "robot"])
    assert compare_pictures.main() == 0
    assert capsys.readouterr().out == "0 of 80 pictures differ by more than 2 levels\n"
    kept = dict(np.load(file))
    kept["robot 0"][3, 10, 10] ^= 64
    np.savez(file, **kept)
    png = tmp_path / "worst.png"
    monkeypatch.setattr("sys.argv", ["", "compare", str(file), "--portraits", "robot", "--png", str(png)])
    assert compare_pictures.main() == 1
    assert "1 of 80 pictures" in (out := capsys.readouterr().out)
    assert "robot 0, motion 3: 1 pixels, by up to 64" in out
    assert png.read_bytes().startswith(b"\x89PNG")
