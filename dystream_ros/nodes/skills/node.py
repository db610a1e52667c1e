"""Serves the skills of a face by the names and types of ROS4HRI, where their packages are installed."""

from collections.abc import Callable
from typing import Any

from geometry_msgs.msg import PointStamped
from rclpy.subscription import Subscription
from std_msgs.msg import String

from dystream_ros.msg import UtteranceEvent
from dystream_ros.nodes.audio_input.message_class import TypeUnavailable, message_class
from dystream_ros.nodes.common import qos
from dystream_ros.nodes.common.declaration import declare, read
from dystream_ros.nodes.common.diagnostics import OK, WARN, Diagnostics, Health
from dystream_ros.nodes.common.executable import RunnableNode
from dystream_ros.nodes.common.reports import Reports
from dystream_ros.nodes.common.request_subscription import RequestSubscription
from dystream_ros.nodes.common.suspension import LEASE
from dystream_ros.nodes.parameters import SkillsSettings
from dystream_ros.nodes.skills.attention_switch import AttentionSwitch
from dystream_ros.nodes.skills.look_at import LookAtSkill
from dystream_ros.nodes.skills.say import SaySkill
from dystream_ros.nodes.skills.set_expression import ExpressionOutput
from dystream_ros.nodes.skills.single_goal import SingleGoal, node_of
from dystream_ros.nodes.skills.voice_interruption import VoiceInterruption

LOOK_AT, SAY, SET_EXPRESSION = "/skill/look_at", "/skill/say", "/skill/set_expression"
_WATCH_PERIOD = 1.0  # s between searches for the head


class SkillsNode(RunnableNode):
    """Passes the skills of ROS4HRI on to the topics of the head; docs/nodes.md lists them.

    A skill whose package is not installed is left out, with one line in the log.
    """

    forgotten_after = LEASE

    def __init__(self) -> None:
        super().__init__("skills", automatically_declare_parameters_from_overrides=True)
        self.reports = Reports(self.get_logger())
        declare(self, SkillsSettings, self.reports)
        self._goals: list[SingleGoal] = []
        self._served: list[str] = []
        self._listeners: list[Subscription] = []
        self._requests: list[RequestSubscription] = []
        self._expressions = ExpressionOutput(self)
        self._serve(LOOK_AT, "interaction_skills/action/LookAt", self._serve_look_at)
        self._serve(SET_EXPRESSION, "interaction_skills/msg/SetExpression", self._serve_expression)
        self._serve(SAY, "communication_skills/action/Say", self._serve_say)
        self.create_timer(_WATCH_PERIOD, self._watch)
        self._diagnostics = Diagnostics(self, self._health, self.reports)

    def stop(self) -> None:
        """End the goals that run, so that their clients do not wait."""
        for goal in self._goals:
            goal.close()
        self._goals.clear()

    def _serve(self, name: str, type_name: str, serve: Callable[[Any], None]) -> None:
        try:
            kind = message_class(type_name)
        except TypeUnavailable as unavailable:
            self.get_logger().info(f"the skill {name} is left out: {unavailable}")
            return
        serve(kind)
        self._served.append(name)
        self.get_logger().info(f"serving {name} [{type_name}]")

    def _health(self) -> Health:
        values: dict[str, object] = {"skills": ", ".join(self._served) or "none"}
        if not self._served:
            return WARN, "no skill is served: install interaction_skills and communication_skills of ROS4HRI", values
        head = node_of(read(self, SkillsSettings).head_node, self)
        if not self.count_subscribers(self.resolve_topic_name("look_at")):
            return WARN, f"there is no active head '{head}': activate it, or set head_node", values
        return OK, f"serving {', '.join(self._served)}", values

    def _serve_look_at(self, kind: Any) -> None:
        points = self.create_publisher(PointStamped, "look_at", qos.motion())
        attention = AttentionSwitch(self, node_of(read(self, SkillsSettings).attention_node, self))
        skill = LookAtSkill(points, attention)
        self._goals.append(SingleGoal(self, kind, LOOK_AT, skill.check, skill.begin))

    def _serve_expression(self, kind: Any) -> None:
        self._requests.append(RequestSubscription(self, kind, SET_EXPRESSION, self._on_expression))

    def _serve_say(self, kind: Any) -> None:
        texts = self.create_publisher(String, "say", qos.events())
        settings = read(self, SkillsSettings)
        interruption = VoiceInterruption(self, node_of(settings.say_node, self), node_of(settings.head_node, self))
        skill = SaySkill(
            texts,
            self._expressions,
            interruption,
            lambda: read(self, SkillsSettings).say_timeout,
            lambda: self.count_publishers(self.resolve_topic_name("self/utterance")),
        )
        self._listeners.append(
            self.create_subscription(UtteranceEvent, "self/utterance", skill.on_utterance, qos.events())
        )
        self._goals.append(SingleGoal(self, kind, SAY, skill.check, skill.begin))

    def _on_expression(self, message: Any) -> None:
        wanted = message.expression
        try:
            self._expressions.publish(wanted.expression, wanted.valence, wanted.arousal)
        except ValueError as refused:
            self.reports.warning("goals_refused", f"set_expression: {refused}", about="set_expression")

    def _watch(self) -> None:
        for request in self._requests:
            request.watch_publishers()
        try:
            self._expressions.prepare()
        except ValueError as refused:
            self.reports.warning("goals_refused", str(refused), about="expression")
