"""dystream demo on the real nodes, with an untrained model: its files, its table, its end."""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import wave

import av
import numpy as np
import psutil
import pytest
from patience import PATIENCE

from dystream_ros.recording.claim import claimed

pytest.importorskip("rclpy", reason="the demo runs ROS nodes")
RATE, SECONDS = 16_000, 3


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    import torch

    from dystream_ros.models.compact import weights
    from dystream_ros.models.compact.config import CompactConfig
    from dystream_ros.models.compact.model import CompactModel

    torch.manual_seed(0)
    path = tmp_path_factory.mktemp("model") / "untrained.safetensors"
    weights.save(CompactModel(CompactConfig()), path)
    return path


@pytest.fixture
def voices(tmp_path):
    """Two files in which the parties take turns: one second each."""
    time = np.arange(RATE * SECONDS) / RATE
    tone = 8000 * np.sin(2 * np.pi * 200 * time)
    paths = []
    for party, own in enumerate((time.astype(int) % 2 == 0, time.astype(int) % 2 == 1)):
        paths.append(tmp_path / f"voice{party}.wav")
        with wave.open(str(paths[-1]), "wb") as file:
            file.setparams((1, 2, RATE, 0, "NONE", ""))
            file.writeframes((tone * own).astype("<i2").tobytes())
    return paths


def demo(model, output, *arguments):
    command = [sys.executable, "-m", "dystream_ros.cli", "demo", "--model", model, "--output", output, *arguments]
    environment = {name: value for name, value in os.environ.items() if name not in ("DISPLAY", "WAYLAND_DISPLAY")}
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_the_demo_writes_a_video_and_pictures_and_prints_a_table(model, voices, tmp_path):
    (tmp_path / "demo").mkdir()
    (tmp_path / "demo" / "robot.mp4").write_text("of another conversation")
    process = demo(model, tmp_path / "demo", "--self", voices[0], "--other", voices[1])
    out, err = process.communicate(timeout=2 * PATIENCE)
    assert process.returncode == 0, err
    rows = {line[:34].strip() for line in out.splitlines()}
    assert {"frames per second", "images dropped", "processing, whole conversation", "processing, last 10 s"} < rows
    for name in ("conversation.mp4", "conversation.csv", "filmstrip.png", "latency.png"):
        assert (tmp_path / "demo" / name).stat().st_size > 1000, name
    assert not (tmp_path / "demo" / "robot.mp4").exists()
    with av.open(str(tmp_path / "demo" / "conversation.mp4")) as video:
        lengths = [float(stream.duration * stream.time_base) for stream in video.streams]
    assert lengths[0] == pytest.approx(lengths[1], abs=0.1)
    assert lengths[0] >= SECONDS


def test_the_demo_shows_a_trained_model_folder_with_its_own_pictures(voices, tmp_path):
    """Of the family `published`, over motion codes: no portrait of the package has a part in it."""
    from trained_models import write_latent

    model = write_latent(tmp_path)
    process = demo(model, tmp_path / "demo", "--self", voices[0], "--other", voices[1])
    out, err = process.communicate(timeout=2 * PATIENCE)
    assert process.returncode == 0, err
    assert "frames per second" in out
    with av.open(str(tmp_path / "demo" / "conversation.mp4")) as video:
        pictures = [frame.to_ndarray(format="rgb24") for frame in video.decode(video=0)]
    assert len(pictures) >= 25 * SECONDS
    assert np.stack(pictures).std((1, 2, 3)).min() > 1, "no picture is empty"


def test_ctrl_c_ends_every_node(model, voices, tmp_path):
    process = demo(model, tmp_path / "demo", "--self", voices[0], "--robot", "research")
    # The terminal's first line: by then nodes are up.
    for line in process.stderr:
        if "waiting for a head" in line or "frame" in line:
            break
    nodes = psutil.Process(process.pid).children(recursive=True)
    names = set()
    for each in nodes:
        with contextlib.suppress(psutil.ZombieProcess):  # a process that only looked for something, and has ended
            names |= {word.rpartition(".")[2] for word in each.cmdline()[2:3]}
    assert names > {"head", "recorder", "audio_file", "simulated_head", "actuators"}
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=PATIENCE)
    assert process.returncode == 128 + signal.SIGINT
    _, alive = psutil.wait_procs(nodes, timeout=PATIENCE)
    assert alive == []


def test_a_second_demo_into_the_same_folder_is_refused_and_leaves_the_results_of_the_first(model, voices, tmp_path):
    (tmp_path / "demo").mkdir()
    (tmp_path / "demo" / "conversation.mp4").write_text("of the first")
    with claimed(tmp_path / "demo" / "demo"):
        process = demo(model, tmp_path / "demo", "--self", voices[0])
        _, err = process.communicate(timeout=PATIENCE)
    assert process.returncode == 2
    assert "is being written by another program; wait for its end, or give another" in err.strip().splitlines()[-1]
    assert (tmp_path / "demo" / "conversation.mp4").read_text() == "of the first"


def test_an_input_that_a_result_would_replace_is_refused(model, voices, tmp_path):
    """The former film may be the sound of the next: it would be removed before it is played."""
    (tmp_path / "demo").mkdir()
    shutil.copy(voices[0], tmp_path / "demo" / "conversation.mp4")
    process = demo(model, tmp_path / "demo", "--self", tmp_path / "demo" / "conversation.mp4")
    _, err = process.communicate(timeout=PATIENCE)
    assert process.returncode == 2
    assert "conversation.mp4 is also an input, and would be lost; give another path" in err.strip().splitlines()[-1]
    assert (tmp_path / "demo" / "conversation.mp4").read_bytes() == voices[0].read_bytes()
