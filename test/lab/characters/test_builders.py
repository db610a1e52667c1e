"""The commands that make the assets of heads and characters."""

import re

import numpy as np
import pytest

from dystream_lab.characters import build_assets, build_characters, build_head, build_landmarks, cast
from dystream_ros.portraits.head import HEAD_PATH


def test_the_loops_of_lips_and_lids_are_found_again_on_the_shipped_head():
    with np.load(HEAD_PATH) as shipped:
        rest, triangles, parts = (shipped[name] for name in ("vertices", "triangles", "parts"))
        loops = build_landmarks.find_loops(rest.astype(float), triangles[parts == 0].astype(int))
        assert sorted(loops) == ["left_eyelids", "lips_inner", "lips_outer", "right_eyelids"]
        for name, loop in loops.items():
            assert np.array_equal(loop, shipped[name]), name


@pytest.mark.parametrize("module", [build_assets, build_characters, build_head, build_landmarks, cast])
def test_each_command_is_documented_under_its_own_name(module, capsys):
    with pytest.raises(SystemExit) as ended:
        module.main(["--help"])
    assert ended.value.code == 0
    assert f"python -m {module.__name__}" in re.sub(r"\s+", " ", capsys.readouterr().out)


def test_a_point_of_clothes_lies_on_the_body_or_beside_three_of_its_vertices_in_its_scale():
    body = np.array([[0, 0, 0], [4, 0, 0], [0, 4, 0]], float)
    lines = (
        "x_scale 0 1 2.0\ny_scale 0 2 4.0\nz_scale 0 2 1.0\nverts 0\nmaterial me.mhmat\n2\n0 1 2 0.5 0.25 0.25 1 1 0"
    )
    assert build_assets.worn(lines, body) == pytest.approx(np.array([[0, 4, 0], [1 + 2, 1 + 1, 0]]))


def test_a_picture_other_than_that_of_the_repository_is_refused(tmp_path):
    (tmp_path / "skin.png").write_text("version https://git-lfs.github.com/spec/v1\noid sha256:00ff\nsize 3\n")
    with pytest.raises(ValueError, match="git lfs pull"):
        build_assets.verified(tmp_path, "skin.png", None)
    (tmp_path / "others").mkdir()
    (tmp_path / "others" / "skin.png").write_bytes(b"abc")
    with pytest.raises(ValueError, match="00ff"):
        build_assets.verified(tmp_path, "skin.png", tmp_path / "others")
