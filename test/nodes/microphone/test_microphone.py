"""The microphone node on a real sound server without hardware."""

import time

import numpy as np
import pytest
import soundfile
from dystream_ros.msg import AudioChunk
from sound_server import SoundServer, similarity

from dystream_ros.audio.resample import MEDIA_RATE


@pytest.fixture(scope="module")
def server(tmp_path_factory, graph):
    with SoundServer(tmp_path_factory.mktemp("sound")) as server:
        graph.environment.update(server.environment)
        yield server


def test_the_captured_audio_is_published_and_the_device_reopened_with_its_server(graph, server, babble, tmp_path):
    microphone = graph.start("microphone", device="fakemic", watchdog=2.5, retry=0.2)
    microphone.until_log("capturing from 'fakemic'")
    chunks = graph.listen("audio", AudioChunk)
    speech = babble(2.0)
    soundfile.write(tmp_path / "speech.wav", speech, MEDIA_RATE)

    def captures_speech():
        del chunks[:]
        server.run("paplay", "--device=micfeed", str(tmp_path / "speech.wav"))
        chunks.next(20)
        return similarity(np.concatenate([each.data for each in chunks]), speech) > 0.9

    # Several attempts: a sound server under load loses audio at times.
    graph.until(captures_speech, "the speech to be captured")
    assert {(each.sample_rate, each.channels, len(each.data)) for each in chunks} == {(MEDIA_RATE, 1, 160)}
    assert len({each.stream_id for each in chunks}) == 1
    assert set(np.diff([each.first_sample for each in chunks])) == {160}
    stamps = np.array([each.header.stamp.sec + each.header.stamp.nanosec / 1e9 for each in chunks])
    assert np.median(np.diff(stamps)) == pytest.approx(0.01, abs=0.002)
    assert abs(time.time() - stamps[-1]) < 2.0

    first_stream = chunks[0].stream_id
    server.run("pactl", "unload-module", "module-remap-source")
    microphone.until_log("'fakemic' is gone, and the sound server moved the stream to 'fakespeaker.monitor'")
    microphone.until_log("device 'fakemic': no input device matches")
    server.run("pactl", "load-module", "module-remap-source", "source_name=fakemic", "master=micfeed.monitor")
    graph.until(captures_speech, "the speech to be captured after the source came back")
    assert chunks[0].stream_id != first_stream
    first_stream = chunks[0].stream_id

    server.stop()
    microphone.until_log("'fakemic' transferred no audio for 2.5 s")
    microphone.until_log("trying again every 0.2 s")
    server.start()
    chunks.until(lambda all_: all_[-1].stream_id != first_stream, "audio after the server came back")
    graph.until(captures_speech, "the speech to be captured again")
    assert chunks[0].stream_id != first_stream
    assert microphone.stop() == 0
