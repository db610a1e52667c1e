"""The examples do what their README says."""

import csv
import importlib
import re
import runpy
import sys
from pathlib import Path

import launch_stand_in
import numpy as np
import pytest
import soundfile

from dystream_ros.assets import demo_conversation

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
LOUDNESS = EXAMPLES / "loudness_model"


def speaks(party):
    """Whether a line of watch_face.py says that a party speaks with an open mouth."""

    def found(line):
        said = re.match(r"frame \d+: jawOpen (\d\.\d\d), (\w+) speaks", line)
        return said and float(said[1]) > 0.1 and said[2] == party

    return found


@pytest.fixture
def included_head(monkeypatch, tmp_path):
    """The action that robot.launch.py starts, under ROS's launch or its stand-ins, with an installed head.launch.py."""
    share = tmp_path / "share"
    (share / "ament_index" / "resource_index" / "packages").mkdir(parents=True)
    (share / "ament_index" / "resource_index" / "packages" / "dystream_ros").touch()
    (share / "dystream_ros").mkdir()
    (share / "dystream_ros" / "launch").symlink_to(EXAMPLES.parent / "launch")
    (tmp_path / "lib").symlink_to(EXAMPLES.parent / "build" / "ros" / "install" / "lib")
    monkeypatch.setenv("AMENT_PREFIX_PATH", str(tmp_path), prepend=":")
    for name, module in launch_stand_in.modules().items():
        monkeypatch.setitem(sys.modules, name, module)
    monkeypatch.delitem(sys.modules, "dystream_ros.nodes.common.launching", raising=False)
    nodes, context = [], launch_stand_in.LaunchContext()

    def visit(entity):
        for found in entity.visit(context) or ():
            nodes.extend([found] if isinstance(found, launch_stand_in.Node) else [])
            visit(found)

    visit(runpy.run_path(str(EXAMPLES / "robot.launch.py"))["generate_launch_description"]())
    yield nodes
    sys.modules.pop("dystream_ros.nodes.common.launching", None)


def test_a_robot_has_a_face_on_its_own_topics_and_a_subscriber_sees_it_speak(start, included_head):
    [head] = included_head
    start(*head.started_as, python=False)
    watcher = start(str(EXAMPLES / "watch_face.py"), "--ros-args", "-r", "motion:=/robot/face/motion")
    topics = ["self/audio:=/speech_synthesis/audio", "other/audio:=/microphone/audio", "status:=/robot/status"]
    remappings = [part for topic in topics for part in ("-r", topic)]
    conversation = ["-p", f"file:={demo_conversation()}"]
    start("-m", "dystream_ros.nodes.audio_file", "--ros-args", *conversation, *remappings)
    watcher.until(speaks("self"))
    assert watcher.stop() == 0


def test_the_subscriber_takes_thirty_lines():
    assert len((EXAMPLES / "watch_face.py").read_text().splitlines()) <= 30


def test_the_jaw_of_the_loudness_model_follows_the_voice_in_files(start, spoken, tmp_path):
    speech = np.concatenate([np.zeros(8000, np.float32), spoken, np.zeros(8000, np.float32)])
    soundfile.write(tmp_path / "speech.wav", speech, 16_000)
    command = ["motion", "--self", str(tmp_path / "speech.wav"), "--model", str(LOUDNESS / "loudness.yaml")]
    program = start(str(LOUDNESS / "run.py"), *command, "-o", str(tmp_path / "motion.csv"))
    assert program.wait() == 0, "".join(program.lines)
    with (tmp_path / "motion.csv").open() as file:
        jaw = np.array([float(row["jawOpen"]) for row in csv.DictReader(file)])
    loudness = np.sqrt(np.mean(speech[: len(jaw) * 640].reshape(-1, 640) ** 2, axis=1))
    assert np.all(jaw[:12] == 0)
    assert np.corrcoef(jaw, loudness)[0, 1] > 0.7
    assert jaw[-1] < 0.05


def test_the_jaw_of_the_loudness_model_follows_the_voice_in_the_head(start):
    model = ["-p", f"model:={LOUDNESS / 'loudness.yaml'}", "-p", "images:=false"]
    start(str(LOUDNESS / "run.py"), "head", "--ros-args", *model)
    watcher = start(str(EXAMPLES / "watch_face.py"))
    start("-m", "dystream_ros.nodes.audio_file", "--ros-args", "-p", f"file:={demo_conversation()}")
    watcher.until(speaks("self"))


def test_a_model_file_with_a_setting_of_no_meaning_is_refused_with_what_is_accepted(start, tmp_path):
    (tmp_path / "loudness.yaml").write_text("family: loudness\nvolume: 3\n")
    soundfile.write(tmp_path / "speech.wav", np.zeros(16_000, np.float32), 16_000)
    command = ["motion", "--self", str(tmp_path / "speech.wav"), "--model", str(tmp_path / "loudness.yaml")]
    program = start(str(LOUDNESS / "run.py"), *command, "-o", str(tmp_path / "motion.csv"))
    assert program.wait() == 2
    assert "accepted are gain and smoothing" in "".join(program.lines)


def test_the_family_satisfies_the_contracts_of_the_engine():
    sys.path.insert(0, str(LOUDNESS))
    try:
        family = importlib.import_module("family").FAMILY
    finally:
        sys.path.remove(str(LOUDNESS))
    batch = family.load(LOUDNESS / "loudness.yaml", runtime=None).sessions([0, 1])
    loud, silent = np.full((1, 640), 0.5, np.float32), np.zeros((1, 640), np.float32)
    first, second = batch.step(np.concatenate([loud, silent]), np.zeros((2, 640), np.float32))
    assert first.values[family_jaw()] > 0
    assert not second.values.any()
    batch.emitted(0, second)
    [again, _] = batch.step(np.concatenate([silent, silent]), np.zeros((2, 640), np.float32))
    assert not again.values.any()
    assert again.frame == 1
    batch.reset(0)
    assert batch.step(np.concatenate([silent, silent]), np.zeros((2, 640), np.float32))[0].frame == 0


def family_jaw():
    from dystream_ros.face.arkit import ARKIT_NAMES

    return ARKIT_NAMES.index("jawOpen")
