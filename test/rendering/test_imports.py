"""What loads OpenCV and OpenGL: a list of commands and a head without images do without."""

import subprocess
import sys

import pytest


def modules_after(name):
    script = f"import sys, {name}; print(*sys.modules)"
    return subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout.split()


@pytest.mark.parametrize("name", ["interfaces", "oriented", "portrait", "view"])
def test_the_contract_and_names_of_portraits_load_neither_opencv_nor_opengl(name):
    loaded = modules_after(f"dystream_ros.rendering.{name}")
    assert "numpy" in loaded
    assert not {"cv2", "moderngl", "scipy"} & set(loaded)


def test_opening_a_renderer_loads_both_and_no_scipy():
    script = "backend; dystream_ros.rendering.backend.open_renderer('robot', 64, 64)"
    loaded = set(modules_after(f"dystream_ros.rendering.{script}"))
    assert {"cv2", "moderngl"} <= loaded
    assert "scipy" not in loaded
