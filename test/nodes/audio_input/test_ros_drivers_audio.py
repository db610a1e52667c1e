"""A head that hears the audio messages of ros-drivers, as their real types over DDS."""

import sys

import numpy as np
import peer_sink
import pytest
from dystream_ros.msg import StreamStatus
from peer_listener import Listener
from peer_messages import overlay

RATE = 16_000
DATA, STAMPED = "audio_common_msgs/msg/AudioData", "audio_common_msgs/msg/AudioDataStamped"
ARRAY = "std_msgs/msg/Int16MultiArray"
INFO = {"channels": 1, "sample_rate": 22_050, "sample_format": "S16LE", "bitrate": 0, "coding_format": "WAVE"}


@pytest.fixture(scope="module")
def ros_drivers(graph, tmp_path_factory, untrained):
    listener = Listener(graph, tmp_path_factory.mktemp("ros_drivers"), untrained, "ros_drivers")
    yield listener
    assert listener.head.stop() == 0


def test_one_head_hears_each_type_of_ros_drivers_one_after_the_other(ros_drivers, babble):
    speech = babble(0.5, seed=1)
    np.testing.assert_array_equal(ros_drivers.hears(speech, type=DATA), speech)
    assert ros_drivers.status.next()[-1].self_audio.source_type == DATA
    np.testing.assert_array_equal(ros_drivers.hears(speech, type=STAMPED, real_time=True), speech)
    assert ros_drivers.status.next()[-1].self_audio.source_type == STAMPED
    np.testing.assert_array_equal(ros_drivers.hears(speech, type=ARRAY), speech)
    assert ros_drivers.status.next()[-1].self_audio.source_type == ARRAY
    assert "audio is not received as audio_stamped" in ros_drivers.head.log
    assert ros_drivers.head.log.count("audio is not received as") == 1


def test_chunks_that_end_within_a_sample_are_joined(ros_drivers, babble):
    speech = babble(0.5, seed=2)
    np.testing.assert_array_equal(ros_drivers.hears(speech, type=DATA, chunk=321), speech)
    assert ros_drivers.counter("cut_samples") > 0


def test_audio_info_beside_the_topic_gives_rate_channels_and_format(ros_drivers, babble):
    stereo = np.stack([babble(0.5, seed=3), babble(0.5, seed=4)], axis=1)
    info = INFO | {"channels": 2, "sample_format": "S16BE"}
    heard = ros_drivers.hears(stereo, type=DATA, rate=22_050, sample_format="S16BE", info=info)
    np.testing.assert_array_equal(heard.reshape(-1, 2), stereo)
    assert {(each.sample_rate, each.channels) for each in ros_drivers.aligned if len(each.data)} == {(22_050, 2)}


def test_float_samples_without_a_finite_value_or_beyond_full_scale_are_repaired(ros_drivers, babble):
    speech = babble(0.5, seed=5).astype(np.float32) / 32768
    wanted = (speech.copy() * 32767).round()
    speech[100:110], wanted[100:110] = np.nan, 0
    speech[200:210], wanted[200:210] = 40.0, 32767
    bytes_ = np.frombuffer(speech.astype("<f4").tobytes(), np.uint8)
    del ros_drivers.aligned[:]
    source = ros_drivers.source(
        bytes_, type=DATA, rate=16_000, info=INFO | {"sample_rate": RATE, "sample_format": "F32LE"}
    )
    ros_drivers.aligned.until(lambda all_: sum(len(each.data) for each in all_) >= speech.size, "the whole sound")
    source.stop()
    heard = np.concatenate([each.data for each in ros_drivers.aligned])
    np.testing.assert_allclose(heard, wanted, atol=1)
    assert ros_drivers.counter("not_finite") == 1
    assert ros_drivers.counter("clipped") == 1
    ros_drivers.head.until_log("reach 40 and are clipped to full scale")


def test_compressed_audio_is_refused_and_the_remedy_named(ros_drivers):
    # Two frames of MPEG-2 layer III: 64 kbit/s at 16 kHz.
    frame = np.zeros(288, np.uint8)
    frame[:4] = 0xFF, 0xF3, 0x88, 0xC4
    source = ros_drivers.source(np.concatenate([frame, frame]), type=DATA, chunk=576)
    ros_drivers.head.until_log("the bytes are MP3, not samples")
    assert "of audio_capture set the parameter format to wave" in ros_drivers.head.log
    source.stop()
    source = ros_drivers.source(np.zeros(320, np.int16), type=DATA, info=INFO | {"coding_format": "MP3"})
    ros_drivers.head.until_log("audio_info says MP3")
    source.stop()
    assert ros_drivers.counter("compressed") == 1
    assert ros_drivers.counter("audio_format") > 0
    assert ros_drivers.head.running


def test_the_type_of_the_other_package_of_that_name_is_an_error_that_names_both(ros_drivers, graph):
    node = [sys.executable, "-c", FOREIGN]
    source = graph.run(node, overlay=overlay("mgonzs13"))
    ros_drivers.head.until_log("/self/audio carries audio_common_msgs/msg/AudioStamped")
    log = ros_drivers.head.until_log("the installed package audio_common_msgs has no AudioStamped")
    assert "install the one that the source of the audio uses" in log
    source.stop()
    source = graph.run([*node, "AudioData"], overlay=overlay("mgonzs13"))
    ros_drivers.head.until_log("audio_common_msgs/msg/AudioData of foreign has other fields than here")
    source.stop()


FOREIGN = """
import sys, rclpy
from audio_common_msgs import msg
rclpy.init()
node = rclpy.create_node("foreign")
node.create_publisher(getattr(msg, "AudioData" if "AudioData" in sys.argv else "AudioStamped"), "self/audio", 10)
try:
    rclpy.spin(node)
except (KeyboardInterrupt, rclpy.executors.ExternalShutdownException):
    pass
"""


def test_a_head_hears_a_voice_of_rep_155_and_speaks_as_audio_data(ros_drivers, graph, untrained, babble):
    voice, speech, file = "/humans/voices/vax42/audio", babble(0.5, seed=7), ros_drivers.folder / "aligned.npz"
    own = ("self/audio", "self/audio_aligned", "self/audio_aligned_info", "status")
    remap = {name: f"second/{name}" for name in own} | {"other/audio": voice, "__node": "second"}
    options = {"images": False, "overlay": ros_drivers.overlay, "remap": remap}
    head = graph.start("head", model=str(untrained), aligned_type="audio_data", **options)
    status = graph.listen("second/status", StreamStatus)
    head.until_log("active")

    sink = graph.run(
        [sys.executable, peer_sink.__file__, DATA, remap["self/audio_aligned"], str(file), str(speech.size)],
        overlay=ros_drivers.overlay,
    )
    sink.until_log("listening")
    graph.until(lambda: graph.node.count_subscribers(remap["self/audio_aligned"]), "the player")
    sources = [ros_drivers.source(speech, type=ARRAY, topic=remap["self/audio"])]
    sources.append(ros_drivers.source(speech, type=DATA, topic=voice, real_time=True))
    assert sink.wait() == 0, sink.log
    with np.load(file) as heard:
        np.testing.assert_array_equal(heard["heard"], speech)
        assert list(heard["described"]) == [RATE, 1]

    # On a busy machine a part of live audio may come too late.
    def heard_voice(messages):
        return messages and messages[-1].other_audio.samples + messages[-1].other_audio.late == speech.size

    status.until(heard_voice, "the voice")
    assert status[-1].other_audio.source_type == DATA
    for source in sources:
        source.stop()
    assert head.stop() == 0
