"""Driven time: files are published, and the motion equals that of the same files without ROS."""

import numpy as np
import pytest
import soundfile
from dystream_ros.msg import FaceMotion, StreamStatus
from std_srvs.srv import Trigger

from dystream_ros.engine.offline import frames_of_files
from dystream_ros.engine.session import Session
from dystream_ros.face.head_pose import quaternion_from_pose
from dystream_ros.models.registry import load_model
from dystream_ros.models.runtime import Runtime
from dystream_ros.nodes.common.stamps import nanoseconds

SECONDS = 4


@pytest.fixture(scope="module")
def files(tmp_path_factory, babble):
    folder = tmp_path_factory.mktemp("speech")
    soundfile.write(folder / "self.wav", babble(SECONDS, 24_000, 1), 24_000)
    soundfile.write(folder / "other.flac", np.stack([babble(SECONDS - 1, 44_100, 2)] * 2, axis=1), 44_100)
    return {"self_file": str(folder / "self.wav"), "other_file": str(folder / "other.flac")}


@pytest.fixture(scope="module")
def head(graph, untrained):
    head = graph.start("head", model=str(untrained), time_mode="driven", images=False, seed=3)
    head.until_log("active")
    return head


@pytest.fixture(scope="module")
def motions(graph, head):
    return graph.listen("motion", FaceMotion, of="head")


def played(graph, files, motions, generation):
    """Play the files at the pace of the head; returns the frames."""
    source = graph.start("audio_file", pace="head", chunk_ms=30.0, **files)
    assert source.wait() == 0, source.log

    def all_of_them(messages):
        frames = [message for message in messages if message.generation == generation]
        return frames if len(frames) == SECONDS * 25 else None

    return motions.until(all_of_them, f"the {SECONDS * 25} frames of generation {generation}")


def test_frames_equal_those_of_the_files_without_ros_bit_for_bit(graph, untrained, files, motions):
    frames = played(graph, files, motions, generation=1)
    session = Session(load_model(str(untrained), Runtime()).network, seed=3)
    offline = [frame.motion for frame in frames_of_files(*files.values(), session)]
    assert [frame.frame for frame in frames] == [motion.frame for motion in offline][: len(frames)]
    for frame, motion in zip(frames, offline):
        assert np.array_equal(np.array(frame.values), motion.values)
        turned = frame.head_pose.orientation
        assert (turned.x, turned.y, turned.z, turned.w) == quaternion_from_pose(motion.head_pose)
        assert frame.speaking == motion.speaking
    stamps = [nanoseconds(frame.header.stamp) for frame in frames]
    assert set(np.diff(stamps)) == {40_000_000}


def test_after_a_reset_the_same_files_give_the_same_frames(graph, files, motions):
    first = [frame for frame in motions if frame.generation == 1] or played(graph, files, motions, generation=1)
    assert graph.call("head/reset", Trigger, Trigger.Request()).success
    again = played(graph, files, motions, generation=2)
    for one, other in zip(first, again, strict=True):
        assert one.frame == other.frame
        assert one.values == other.values
        assert one.head_pose == other.head_pose


def test_nothing_was_lost(graph, files, head):
    status = graph.listen("status", StreamStatus)
    newest = status.until(lambda all_: all_ and all_[-1], "a status")
    for party in (newest.self_audio, newest.other_audio):
        assert (party.gap, party.late, party.overlap, party.rejected) == (0, 0, 0, 0)
    assert newest.time_mode == StreamStatus.DRIVEN
    assert newest.frames_dropped == 0
    assert head.running
