"""Sheets of a portrait, and the commands that write them."""

import cv2
import numpy as np
import pytest

from dystream_ros.cli import main
from dystream_ros.face.arkit import ARKIT_INDEX
from dystream_ros.portraits.gallery import coefficients, write_sheet


def test_a_name_without_a_side_stands_for_both():
    values = coefficients({"eyeBlink": 0.5, "jawOpen": 0.25, "mouthLeft": 1.0})
    chosen = [ARKIT_INDEX[name] for name in ("eyeBlinkLeft", "eyeBlinkRight", "jawOpen", "mouthLeft")]
    assert values[chosen].tolist() == [0.5, 0.5, 0.25, 1.0]
    assert np.count_nonzero(values) == 4


def test_the_gallery_is_one_command(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("dystream_ros.portraits.gallery.SCENE", 192)
    whole = tmp_path / "all.jpg"
    assert main(["gallery", "--portrait", "robot", "-o", str(tmp_path), "--sheet", str(whole)]) == 0
    names = ("expressions", "visemes", "turns", "speaking", "listening", "coefficients", "all")
    assert capsys.readouterr().out.split() == [str(tmp_path / f"{name}.jpg") for name in names]
    for name in names:
        assert cv2.imread(str(tmp_path / f"{name}.jpg")).std() > 30
    assert cv2.imread(str(whole)).shape[0] > 1500


def test_a_sheet_of_another_kind_is_refused(tmp_path):
    with pytest.raises(ValueError, match=r"written as .png or .jpg"):
        write_sheet(np.zeros((4, 4, 3), np.uint8), tmp_path / "sheet.gif")


def test_preparing_to_a_file_of_another_kind_is_refused_in_one_line(tmp_path, capsys):
    assert main(["portrait", "prepare", str(tmp_path / "me.jpg"), "-o", str(tmp_path / "me.png")]) == 2
    assert "a portrait is written to a .face file" in capsys.readouterr().err
