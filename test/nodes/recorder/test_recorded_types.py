"""A recorder that hears audio messages which do not describe themselves."""

import array
import json
import sys
import threading

import av
import numpy as np
import peer_source
import soxr
from peer_messages import overlay
from sensor_msgs.msg import Image
from sound_server import similarity

from dystream_ros.audio.resample import MEDIA_RATE
from dystream_ros.nodes.common import qos

RATE = 22_050


def test_audio_data_of_ros_drivers_is_recorded_at_the_rate_of_the_parameter(graph, tmp_path, babble):
    video = tmp_path / "video.mp4"
    variables = overlay("ros_drivers")
    recorder = graph.start("recorder", output=str(video), duration=2.0, other_audio_rate=RATE, overlay=variables)
    recorder.until_log("recording to")
    speech = babble(1.5, rate=RATE)
    np.save(tmp_path / "speech.npy", speech)
    options = {"type": "audio_common_msgs/msg/AudioData", "file": str(tmp_path / "speech.npy"), "topic": "other/audio"}
    command = [sys.executable, peer_source.__file__, json.dumps(options | {"rate": RATE, "real_time": True})]
    images = graph.publisher("image", Image, qos.image(True))
    ended = threading.Event()

    def publish_images():
        while not ended.wait(0.04):
            image = Image(height=64, width=96, encoding="bgr8", step=288, data=array.array("B", [40]) * (64 * 288))
            image.header.stamp = graph.node.get_clock().now().to_msg()
            images.publish(image)

    source = graph.run(command, overlay=variables)
    source.until_log("publishing")
    thread = threading.Thread(target=publish_images)
    thread.start()
    assert recorder.wait() == 0, recorder.log
    ended.set()
    thread.join()
    source.stop()
    with av.open(str(video)) as file:
        resampler = av.AudioResampler("s16", "mono", MEDIA_RATE)
        frames = [part for frame in file.decode(audio=0) for part in resampler.resample(frame)]
    recorded = np.concatenate([frame.to_ndarray()[0] for frame in frames])
    assert similarity(recorded, soxr.resample(speech, RATE, MEDIA_RATE)) > 0.9
