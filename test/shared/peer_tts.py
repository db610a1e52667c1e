"""A client of the action `say` of mgonzs13's audio_common_msgs: sends goals at once and prints what became of them.

usage: peer_tts.py GOALS    a JSON list of goals; the key "cancel" of one cancels it at its first feedback
"""

import json
import sys

import rclpy
from audio_common_msgs.action import TTS
from patience import PATIENCE
from rclpy.action import ActionClient
from rclpy.utilities import remove_ros_args


def main():
    rclpy.init(args=sys.argv)
    node = rclpy.create_node("peer_tts")
    client = ActionClient(node, TTS, "say")
    assert client.wait_for_server(PATIENCE), "no server"
    goals = json.loads(remove_ros_args(sys.argv)[1])
    outcomes = [None] * len(goals)

    def send(k, goal):
        handles, samples, rates = [], [], set()
        cancel = goal.pop("cancel", False)

        def on_feedback(message):
            audio = message.feedback.audio.audio
            samples.extend(audio.audio_data.int16_data)
            rates.add(audio.info.rate)
            if cancel and handles:
                handles.pop().cancel_goal_async()

        def on_accepted(future):
            handles.append(future.result())
            future.result().get_result_async().add_done_callback(on_result)

        def on_result(future):
            status, text = future.result().status, future.result().result.text
            outcomes[k] = {"status": status, "text": text, "samples": samples, "rates": sorted(rates)}

        client.send_goal_async(TTS.Goal(**goal), on_feedback).add_done_callback(on_accepted)

    for k, goal in enumerate(goals):
        send(k, goal)
    while None in outcomes:
        rclpy.spin_once(node, timeout_sec=0.1)
    sys.stdout.write(json.dumps(outcomes) + "\n")
    rclpy.try_shutdown()


if __name__ == "__main__":
    main()
