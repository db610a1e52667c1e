"""A program that uses the skills of a face as ROS4HRI defines them. Runs where those packages are built.

It reads a JSON object per message of `/mission`, and publishes one on `/happened` for each thing that happens:
{"id": 1, "look_at": policy, "target": [frame, x, y, z], "priority": 128}, {"id": 2, "say": text}, {"express": name},
{"cancel": id}.
"""

import json

import rclpy
from communication_skills.action import Say
from interaction_skills.action import LookAt
from interaction_skills.msg import SetExpression
from rclpy.action import ActionClient
from rclpy.qos import QoSDurabilityPolicy, QoSProfile
from std_msgs.msg import String

rclpy.init()
node = rclpy.create_node("mission")
LOOK, SAY = (ActionClient(node, kind, name) for kind, name in ((LookAt, "/skill/look_at"), (Say, "/skill/say")))
expressions = node.create_publisher(SetExpression, "/skill/set_expression", 10)
kept = QoSProfile(depth=100, durability=QoSDurabilityPolicy.TRANSIENT_LOCAL)
happened = node.create_publisher(String, "/happened", kept)
handles = {}


def tell(**what):
    happened.publish(String(data=json.dumps(what)))


def send(client, goal, number):
    def ended(future):
        answer = future.result()
        result = answer.result.result
        tell(id=number, status=answer.status, code=result.error_code, message=result.error_msg)

    def answered(future):
        handle = future.result()
        tell(id=number, accepted=handle.accepted)
        if handle.accepted:
            handles[number] = handle
            handle.get_result_async().add_done_callback(ended)

    def feedback(message):
        tell(id=number, said=message.feedback.feedback.data_str)

    client.send_goal_async(goal, feedback_callback=feedback).add_done_callback(answered)


def take(message):
    request = json.loads(message.data)
    if "look_at" in request:
        goal = LookAt.Goal(policy=request["look_at"])
        goal.meta.priority = request.get("priority", 128)
        if "target" in request:
            goal.target.header.frame_id, *place = request["target"]
            goal.target.point.x, goal.target.point.y, goal.target.point.z = place
        send(LOOK, goal, request["id"])
    elif "say" in request:
        send(SAY, Say.Goal(input=request["say"]), request["id"])
    elif "express" in request:
        message = SetExpression()
        message.expression.expression = request["express"]
        expressions.publish(message)
    else:
        handles[request["cancel"]].cancel_goal_async()


LOOK.wait_for_server()
SAY.wait_for_server()
while not expressions.get_subscription_count():
    rclpy.spin_once(node, timeout_sec=0.05)
node.create_subscription(String, "/mission", take, 100)
tell(ready=True)
try:
    rclpy.spin(node)
except (KeyboardInterrupt, rclpy.executors.ExternalShutdownException):
    rclpy.try_shutdown()
