"""An activation that fails leaves an inactive head, which can be activated once its cause is mended."""

import array

import pytest
from dystream_ros.msg import AudioChunk, FaceMotion, StreamStatus

AUDIO = ("self/audio", "other/audio")


@pytest.mark.parametrize(
    ("parameter", "wrong", "right"),
    [("expression_type", "hri_msgs", "auto"), ("other_voices", "/humans", ""), ("audio_type", "audio_data", "auto")],
)
def test_without_a_message_package_the_head_stays_inactive_and_hears_each_chunk_once_afterwards(
    graph, untrained, babble, parameter, wrong, right
):
    head = graph.start("head", model=str(untrained), images=False, autostart=False, **{parameter: wrong})
    motions = graph.listen("motion", FaceMotion)
    statuses = graph.listen("status", StreamStatus)
    statuses.next()
    assert graph.control("configure").returncode == 0
    assert graph.control("activate").returncode == 2
    head.until_log("could not become active: TypeUnavailable")
    statuses.next(2)  # a second in which 25 frames would come
    assert not motions
    assert [graph.node.count_subscribers(topic) for topic in AUDIO] == [0, 0]
    assert graph.set("head", parameter, right).successful
    assert graph.control("cleanup").returncode == 0
    assert graph.control("configure").returncode == 0
    assert graph.control("activate").returncode == 0
    motions.next(5)
    chunk = AudioChunk(stream_id=1, sample_rate=16_000, channels=1, end_of_stream=True)
    chunk.data = array.array("h", babble(1.0).tobytes())
    graph.publisher("self/audio", AudioChunk).publish(chunk)
    statuses.until(lambda all_: all_ and all_[-1].self_audio.samples >= 16_000, "the speech")
    statuses.next(2)
    assert statuses[-1].self_audio.samples == 16_000
    assert statuses[-1].self_audio.overlap == 0
    assert head.stop() == 0
    for heard in (motions, statuses):
        graph.forget(heard)
