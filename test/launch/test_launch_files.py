"""What the launch files start, and what they take."""

from pathlib import Path

import pytest

from dystream_ros.nodes.common.topics import TOPICS
from dystream_ros.nodes.parameters import PARAMETERS

FOLDER = Path(__file__).parents[2] / "launch"
FILES = sorted(path.name.removesuffix(".launch.py") for path in FOLDER.glob("*.launch.py"))


def names(launched):
    return [argument.name for argument in launched.arguments]


@pytest.fixture(autouse=True)
def shipped_conversation(monkeypatch, tmp_path):
    """A conversation file, so that these tests do not depend on the asset."""
    monkeypatch.setattr("dystream_ros.assets.FOLDER", tmp_path)
    (tmp_path / "demo").mkdir()
    (tmp_path / "demo" / "conversation.flac").touch()
    return str(tmp_path / "demo" / "conversation.flac")


@pytest.mark.parametrize("file", FILES)
def test_every_argument_is_declared_once_explained_and_used(launched, file):
    made = launched(file)
    assert len(set(names(made))) == len(names(made))
    assert all(argument.description for argument in made.arguments)
    assert set(names(made)) == made.asked


def test_head_takes_every_parameter_and_every_topic_of_its_node(launched):
    arguments = names(launched("head"))
    assert {parameter.name for parameter in PARAMETERS["head"]} <= set(arguments)
    assert {topic.replace("/", "_") + "_topic" for topic in TOPICS["head"]} <= set(arguments)


def test_no_two_nodes_of_a_launch_file_share_an_argument_for_different_parameters(launched):
    files = {"demo": ("head", "audio_file", "recorder"), "microphones": ("head", "microphone", "microphone")}
    for file, nodes in files.items():
        parameters = sum(len(PARAMETERS[node]) for node in nodes)
        plain = [name for name in names(launched(file)) if not name.endswith(("_topic", "name", "params_file"))]
        extra = {"namespace", "microphones"} & set(plain)
        assert len(plain) - len(extra) == parameters, file


def test_what_is_not_given_is_left_to_the_params_file_and_the_node(launched):
    (head,) = launched("head", params_file="robot.yaml").nodes.values()
    assert head.parameters == ["robot.yaml"]
    (head,) = launched("head").nodes.values()
    assert head.parameters == []


def test_a_given_parameter_has_its_own_type_and_comes_after_the_params_file(launched):
    (head,) = launched("head", params_file="robot.yaml", jitter_budget="0", seed="7", autostart="false").nodes.values()
    assert head.parameters == ["robot.yaml", {"jitter_budget": 0.0, "seed": 7, "autostart": False}]
    assert isinstance(head.parameters[1]["jitter_budget"], float)


def test_a_value_out_of_range_ends_the_launch_with_what_is_accepted(launched):
    with pytest.raises(ValueError, match=r"jpeg_quality.*101.*1 to 100"):
        launched("head", jpeg_quality="101")


def test_topics_and_namespace_reach_the_node(launched):
    (head,) = launched("head", namespace="robot", self_audio_topic="/tts/audio").nodes.values()
    assert head.namespace == "robot"
    assert head.remappings == [("self/audio", "/tts/audio")]


def test_two_heads_in_one_system_have_different_names(launched):
    assert list(launched("head", name="left_head").nodes) == ["left_head"]


def test_microphones_feed_the_topics_that_the_head_listens_to(launched):
    nodes = launched("microphones", other_audio_topic="guest/audio").nodes
    assert nodes["self_microphone"].remappings == [("audio", "self/audio")]
    assert nodes["other_microphone"].remappings == [("audio", "guest/audio")]
    assert nodes["head"].remappings == [("other/audio", "guest/audio")]


@pytest.mark.parametrize("party", ["self", "other"])
def test_a_party_without_a_microphone_is_left_out(launched, party):
    assert set(launched("microphones", microphones=party).nodes) == {f"{party}_microphone", "head"}


def test_demo_plays_what_ships_only_if_no_file_is_given(launched, shipped_conversation):
    assert launched("demo").nodes["audio_file"].parameters == [{"subscribers": 2, "file": shipped_conversation}]
    own = launched("demo", play_self_file="a.wav").nodes["audio_file"].parameters
    assert own == [{"subscribers": 2, "self_file": "a.wav"}]


def test_demo_ends_with_the_recording(launched):
    assert launched("demo").nodes["recorder"].on_exit.reason
