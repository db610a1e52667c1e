"""The skills of ROS4HRI, with its own types: a program uses them, and this test is the head and the voice."""

import json
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest
from action_msgs.msg import GoalStatus
from dystream_ros.msg import AudioChunk, FaceExpression, SpeechEvent, UtteranceEvent
from geometry_msgs.msg import PointStamped
from patience import PATIENCE
from peer_messages import overlay
from rcl_interfaces.srv import GetParameters
from rclpy.duration import Duration
from rclpy.qos import QoSDurabilityPolicy, QoSProfile
from std_msgs.msg import String
from std_srvs.srv import Trigger

from dystream_ros.nodes.common import qos

MISSION = Path(__file__).parents[2] / "shared" / "peer_skills.py"
NO_ERROR, INTERRUPTED, CANCELED, NOT_SUPPORTED, OTHER = 0, 4, 125, 134, 255
AHEAD = (100.0, 0.0, 0.0)
# A synthesizer that takes as long as the test wants: until there is the file `release` beside it.
SLOW = """
import pathlib, sys, time
sys.stdin.read()
folder = pathlib.Path(__file__).parent
(folder / "begun").touch()
while not (folder / "release").exists():
    time.sleep(0.01)
sys.stdout.buffer.write(bytes(6400))
"""


class Mission:
    """The program, and what it has told."""

    def __init__(self, graph):
        peers = overlay("ros4hri")
        self.looks = graph.listen("look_at", PointStamped)
        self.texts = graph.listen("say", String)
        self.faces = graph.listen("expression", FaceExpression, qos.requests())
        self.interrupts = []
        graph.node.create_service(Trigger, "head/interrupt", self._on_interrupt)
        self.skills = graph.start("skills", overlay=peers)
        self.voice = graph.publisher("self/utterance", UtteranceEvent)
        kept = QoSProfile(depth=100, durability=QoSDurabilityPolicy.TRANSIENT_LOCAL)
        self._happened = graph.listen("/happened", String, kept)
        graph.run([sys.executable, str(MISSION)], overlay=peers)
        self._happened.until(bool, "the actions to be served")
        self._requests = graph.publisher("/mission", String)
        self._ids = 0

    def ask(self, **request):
        self._ids += 1
        self._requests.publish(String(data=json.dumps(request | {"id": self._ids})))
        return self._ids

    def told(self, number, key):
        def found(all_):
            lines = [json.loads(each.data) for each in all_]
            return [line for line in lines if line.get("id") == number and key in line]

        return self._happened.until(found, f"{key} of goal {number}")[0]

    def ended(self, number):
        line = self.told(number, "status")
        return line["status"], line["code"]

    def utter(self, event):
        self.voice.publish(UtteranceEvent(event=event))

    def _on_interrupt(self, _, response):
        self.interrupts.append(True)
        response.success = True
        return response


@pytest.fixture(scope="module")
def mission(graph):
    return Mission(graph)


def place(message):
    return message.point.x, message.point.y, message.point.z


def test_a_target_is_tracked_until_a_more_or_equally_important_one_takes_its_place(mission):
    first = mission.ask(look_at="", target=["map", 2.0, 1.0, 0.5])
    mission.looks.until(lambda all_: all_ and place(all_[-1]) == (2.0, 1.0, 0.5), "the target")
    assert mission.looks[-1].header.frame_id == "map"
    assert not mission.told(mission.ask(look_at="random", priority=10), "accepted")["accepted"]
    second = mission.ask(look_at="tracking", target=["map", 2.0, -1.0, 0.5], priority=200)
    mission.looks.until(lambda all_: place(all_[-1]) == (2.0, -1.0, 0.5), "the other target")
    assert mission.ended(first) == (GoalStatus.STATUS_ABORTED, INTERRUPTED)
    mission.ask(cancel=second)
    assert mission.ended(second) == (GoalStatus.STATUS_CANCELED, CANCELED)
    mission.looks.until(lambda all_: place(all_[-1]) == AHEAD, "the gaze let go")


def test_a_glance_and_a_reset_end_by_themselves(mission):
    glance = mission.ask(look_at="glance", target=["map", 1.0, 0.4, 0.0])
    mission.looks.until(lambda all_: place(all_[-1]) == (1.0, 0.4, 0.0), "the glance")
    assert mission.ended(glance) == (GoalStatus.STATUS_SUCCEEDED, NO_ERROR)
    reset = mission.ask(look_at="reset")
    assert mission.ended(reset) == (GoalStatus.STATUS_SUCCEEDED, NO_ERROR)
    assert place(mission.looks[-1]) == AHEAD


def test_random_looks_around(mission):
    before = len(mission.looks)
    goal = mission.ask(look_at="random")
    mission.looks.until(lambda all_: len({place(each) for each in all_[before:]} - {AHEAD}) >= 2, "two fixations")
    mission.ask(cancel=goal)
    assert mission.ended(goal) == (GoalStatus.STATUS_CANCELED, CANCELED)


def test_social_gaze_needs_attention_and_hands_the_gaze_to_it(graph, mission):
    assert mission.ended(mission.ask(look_at="social")) == (GoalStatus.STATUS_ABORTED, NOT_SUPPORTED)
    node = graph.start("attention")

    def enabled(wanted):
        question = GetParameters.Request(names=["enabled"])
        graph.until(
            lambda: graph.call("attention/get_parameters", GetParameters, question).values[0].bool_value is wanted,
            "attention",
        )

    enabled(False)
    goal = mission.ask(look_at="social")
    enabled(True)
    mission.ask(cancel=goal)
    assert mission.ended(goal) == (GoalStatus.STATUS_CANCELED, CANCELED)
    enabled(False)
    node.stop()


@pytest.mark.parametrize(
    "request_",
    [{"look_at": "stare"}, {"look_at": "glance"}, {"look_at": "", "target": ["", 0.0, 0.0, 0.0]}, {"say": " "}],
)
def test_a_goal_that_cannot_be_pursued_is_rejected(mission, request_):
    assert not mission.told(mission.ask(**request_), "accepted")["accepted"]


def test_an_expression_reaches_the_head_in_the_type_that_it_takes(mission):
    mission.faces.until(lambda all_: mission.ask(express="amazed") and all_ and all_[-1].name == "amazed", "the face")
    assert mission.faces[-1].intensity == 1.0
    mission.ask(express="grim")
    mission.skills.until_log("set_expression: there is no expression 'grim'; accepted are neutral, angry")


def test_a_text_is_said_part_by_part_and_ends_once_it_was_heard(mission):
    goal = mission.ask(say="<set expression(happy)>hello</expression>my name is Emy")
    for count, (text, face) in enumerate([("hello", "happy"), ("my name is Emy", "neutral")], 1):
        mission.texts.until(lambda all_, n=count: len(all_) == n, text)
        assert mission.texts[-1].data == text
        mission.faces.until(lambda all_, face=face: all_[-1].name == face, face)
        mission.utter(UtteranceEvent.BEGAN)
        mission.utter(UtteranceEvent.ENDED)
    assert mission.ended(goal) == (GoalStatus.STATUS_SUCCEEDED, NO_ERROR)
    assert mission.told(goal, "said")["said"] == "hello"


def test_a_voice_that_is_cancelled_is_interrupted_and_one_that_never_begins_is_an_error(graph, mission):
    goal = mission.ask(say="a long story")
    mission.told(goal, "said")
    mission.utter(UtteranceEvent.BEGAN)
    mission.ask(cancel=goal)
    assert mission.ended(goal) == (GoalStatus.STATUS_CANCELED, CANCELED)
    mission.texts.until(lambda _: mission.interrupts, "an interruption of the head")
    assert graph.set("skills", "say_timeout", 3.0).successful
    silent = mission.ask(say="nobody speaks this")
    assert mission.ended(silent) == (GoalStatus.STATUS_ABORTED, OTHER)
    assert "no voice was heard within 3 s" in mission.told(silent, "status")["message"]
    mission.texts.until(
        lambda _: len(mission.interrupts) == 2, "the text to be dropped, which nobody waits for any more"
    )


def test_a_goal_ends_when_the_head_that_speaks_is_gone(graph, mission):
    goal = mission.ask(say="a story without an end")
    mission.told(goal, "said")
    mission.utter(UtteranceEvent.BEGAN)
    assert mission.voice.wait_for_all_acked(Duration(seconds=PATIENCE))
    graph.node.destroy_publisher(mission.voice)
    assert mission.ended(goal) == (GoalStatus.STATUS_ABORTED, OTHER)
    assert "the head that was speaking is gone" in mission.told(goal, "status")["message"]
    mission.voice = graph.publisher("self/utterance", UtteranceEvent)


@pytest.fixture
def slow_voice(graph, mission, tmp_path):
    """A goal whose text a node `say` has, without any sound; the events and the sound of that node; its release."""
    (tmp_path / "slow.py").write_text(SLOW)
    program = f"{sys.executable} -S {tmp_path / 'slow.py'}"
    say = graph.start("say", program=program, program_rate=16_000)
    say.until_log("ready")
    events = graph.listen("say/events", SpeechEvent, qos.events(), of="say")
    audio = graph.listen("self/audio", AudioChunk, qos.whole_audio(), of="say")
    assert graph.set("skills", "say_timeout", 600.0).successful

    def asked():
        goal = mission.ask(say="an old story")
        mission.told(goal, "said")
        return goal if any(each.event == SpeechEvent.QUEUED for each in events) else 0

    # Several attempts: a text that is sent before both nodes know each other does not arrive.
    goal = graph.until(asked, "a text to reach the voice")
    graph.until((tmp_path / "begun").exists, "the voice to synthesize")
    yield goal, events, audio, tmp_path / "release"
    (tmp_path / "release").touch()
    assert say.stop() == 0, say.log
    graph.forget(events)
    graph.forget(audio)


def spoken(events, audio, text):
    """The texts of which there was sound, once a text was said."""
    events.until(lambda all_: any((each.event, each.text) == (SpeechEvent.ENDED, text) for each in all_), text)
    [stream] = {each.stream_id for each in events if each.text == text}
    audio.until(lambda all_: all_ and all_[-1].stream_id == stream and all_[-1].end_of_stream, "its sound")
    streams = {each.stream_id for each in audio}
    return {each.text for each in events if each.stream_id in streams}


def test_a_goal_that_is_cancelled_before_there_is_sound_of_it_is_not_spoken(mission, slow_voice):
    goal, events, audio, release = slow_voice
    mission.ask(cancel=goal)
    assert mission.ended(goal) == (GoalStatus.STATUS_CANCELED, CANCELED)
    release.touch()
    mission.ask(say="another story")
    assert spoken(events, audio, "another story") == {"another story"}


def test_a_goal_that_is_replaced_before_there_is_sound_of_it_is_not_spoken_and_the_other_one_is(mission, slow_voice):
    goal, events, audio, release = slow_voice
    mission.ask(say="another story")
    assert mission.ended(goal) == (GoalStatus.STATUS_ABORTED, INTERRUPTED)
    release.touch()
    assert spoken(events, audio, "another story") == {"another story"}


def test_skills_without_their_packages_are_left_out_with_one_line_each(graph, mission):
    skills = graph.start("skills", remap={"__node": "bare"})
    skills.until_log(
        "the skill /skill/say is left out: communication_skills/action/Say: the package communication_skills"
    )
    log = skills.log
    assert log.count("is left out") == 3
    assert skills.running


def test_the_manifest_says_which_skills_the_package_implements():
    tags = ElementTree.parse(Path(__file__).parents[3] / "package.xml").iterfind("export/implements")
    assert [(tag.get("type"), tag.get("package"), tag.get("id")) for tag in tags] == [
        ("skill", "interaction_skills", "look_at"),
        ("skill", "interaction_skills", "set_expression"),
        ("skill", "communication_skills", "say"),
    ]
