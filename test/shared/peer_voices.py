"""A speaker whose voice changes its id, as ros4hri publishes it: peer_voices.py FILE.

Runs where the packages of its messages are built. FILE is an .npy of int16 (n,), 16 kHz. The voice `first` says it;
then the voice `second`, and `first` is gone.
"""

import sys
import time

import numpy as np
import rclpy
from audio_common_msgs.msg import AudioData
from hri_msgs.msg import IdsList
from peer_source import wait_for_readers
from std_msgs.msg import Bool

sound = np.load(sys.argv[1])
rclpy.init()
node = rclpy.create_node("ears")
tracked = node.create_publisher(IdsList, "/humans/voices/tracked", 10)
audio = {each: node.create_publisher(AudioData, f"/humans/voices/{each}/audio", 100) for each in ("first", "second")}
speaking = {each: node.create_publisher(Bool, f"/humans/voices/{each}/is_speaking", 10) for each in audio}
for voice, ids in (("first", ["quiet", "first"]), ("second", ["quiet", "second"])):
    while not audio[voice].get_subscription_count():
        tracked.publish(IdsList(ids=ids))
        speaking[voice].publish(Bool(data=True))
        time.sleep(0.1)
    wait_for_readers(node, audio[voice])
    begin = time.monotonic()
    for start in range(0, sound.size, 320):
        # As a sound device does: a sleep of 20 ms for each chunk would be a device that is too slow.
        time.sleep(max(0.0, begin + start / 16_000 - time.monotonic()))
        audio[voice].publish(AudioData(data=sound[start : start + 320].tobytes()))
    node.get_logger().info(f"{voice} has spoken")
while rclpy.ok():
    time.sleep(0.1)
