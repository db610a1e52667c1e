"""What a head needs and returns: no PyTorch, no SciPy, and memory of its start goes back to the system."""

import subprocess
import sys

import pytest
from patience import PATIENCE

pytest.importorskip("rclpy", reason="ROS is not on the Python path: run `make test`, or source scripts/env.sh")

MODEL = """
import sys
import numpy as np
from dystream_ros.nodes.head.engine import open_engine, open_renderer
from dystream_ros.nodes.head.node import HeadNode
from dystream_ros.nodes.parameters import HeadSettings

settings = HeadSettings()
session = open_engine(settings).session
renderer = open_renderer(settings)
for _ in range(3):
    silence = np.zeros(session.samples_needed, np.float32)
    picture = renderer.render(session.step(silence, silence))
print(settings.model, picture.shape, *sorted({"torch", "scipy", "onnxruntime"} & set(sys.modules)))
"""

RESIDENT = """
def resident(kind):
    with open("/proc/self/status") as status:
        [line] = [line for line in status if line.startswith(kind)]
    return int(line.split()[1])
"""

RETURNED = (
    RESIDENT
    + """
import gc
import numpy as np
import cv2
from dystream_ros.nodes.head import memory

picture = np.random.default_rng(0).integers(0, 255, (256, 256, 3), np.uint8)
before = cv2.GaussianBlur(picture, (0, 0), 3)
with memory.loading():
    kept = [bytearray(100_000) for _ in range(400)][::2]  # holes of 20 MB between blocks that stay
    loaded, code = resident("RssAnon"), resident("RssFile")
    kept, freed = kept[::10], kept
    del freed
print(loaded - resident("RssAnon"), code - resident("RssFile"))
assert (cv2.GaussianBlur(picture, (0, 0), 3) == before).all()
"""
)

FACES = (
    RESIDENT
    + """
import dataclasses, threading
from concurrent.futures import Future
from dystream_ros.nodes.head import memory
from dystream_ros.nodes.head.appearance import Appearance
from dystream_ros.nodes.parameters import HeadSettings
from dystream_ros.rendering.portrait import load_portrait
from dystream_ros.rendering.view import View
from dystream_ros.rendering.warp_renderer import WarpRenderer

class Pictures:
    def run(self, task):
        done = Future()
        done.set_result(task())
        return done

settings = HeadSettings(portrait="lumi")
shown = threading.Event()
with memory.loading():
    renderer = WarpRenderer(load_portrait("lumi"), View(256, 256))
face = Appearance(settings, renderer, Pictures(), lambda _: shown.set(), print)
for name in ("ada", "henrik", "robot", "kofi", "astronaut", "lumi"):
    shown.clear()
    settings = dataclasses.replace(settings, portrait=name)
    face.change(settings)
    assert shown.wait(100)
    [loading] = [thread for thread in threading.enumerate() if thread.name == "loading"] or [threading.Thread()]
    if loading.ident:
        loading.join()
    print(resident("RssAnon"))
"""
)


def output_of(script):
    result = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=PATIENCE)
    assert result.returncode == 0, result.stderr
    return result.stdout.split()


def test_a_head_with_compact_steps_and_draws_without_pytorch_and_scipy():
    assert output_of(MODEL) == ["compact", "(512,", "512,", "3)", "onnxruntime"]


def test_what_only_the_start_needed_is_returned_and_code_runs_as_before():
    heap, code = map(int, output_of(RETURNED))
    assert heap > 12_000  # kB of the 18 MB that were released
    assert code > 5_000


def test_changes_of_the_face_leave_no_holes_in_the_heap():
    first, *others = map(int, output_of(FACES))
    assert max(others) - first < 9_000  # kB; 30 000 where nothing is returned
