"""The commands that make the assets of heads and characters."""

import re

import numpy as np
import pytest

from dystream_lab.characters import build_characters, build_head, build_landmarks, cast
from dystream_ros.portraits.head import HEAD_PATH


def test_the_loops_of_lips_and_lids_are_found_again_on_the_shipped_head():
    with np.load(HEAD_PATH) as shipped:
        rest, triangles, parts = (shipped[name] for name in ("vertices", "triangles", "parts"))
        loops = build_landmarks.find_loops(rest.astype(float), triangles[parts == 0].astype(int))
        assert sorted(loops) == ["left_eyelids", "lips_inner", "lips_outer", "right_eyelids"]
        for name, loop in loops.items():
            assert np.array_equal(loop, shipped[name]), name


@pytest.mark.parametrize("module", [build_characters, build_head, build_landmarks, cast])
def test_each_command_is_documented_under_its_own_name(module, capsys):
    with pytest.raises(SystemExit) as ended:
        module.main(["--help"])
    assert ended.value.code == 0
    assert f"python -m {module.__name__}" in re.sub(r"\s+", " ", capsys.readouterr().out)
