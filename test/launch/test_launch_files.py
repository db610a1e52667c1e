"""The arguments of the launch files, and the nodes that they start."""

import importlib.util
import json
import re
from pathlib import Path

import launch_stand_in
import pytest

from dystream_ros.nodes.common.topics import TOPICS
from dystream_ros.nodes.head.several import MOST
from dystream_ros.nodes.parameters import PARAMETERS

FOLDER = Path(__file__).parents[2] / "launch"
# The nodes of each launch file by the prefix of their arguments.
NODES = {
    "head": {"head": "head"},
    "screen": {"head": "head", "display": "display"},
    "microphones": {"head": "head", "self_microphone": "microphone", "other_microphone": "microphone"},
    "animatronic": {
        "head": "head",
        "actuators": "actuators",
        "simulated_head": "simulated_head",
        "speaker": "speaker",
    },
    "social_robot": {
        "microphone": "microphone",
        "head": "head",
        "display": "display",
        "actuators": "actuators",
        "attention": "attention",
        "skills": "skills",
        "speaker": "speaker",
    },
    "two_heads": {
        **{f"{side}_{node}": node for side in ("left", "right") for node in ("head", "display", "speaker")},
        "audio_file": "audio_file",
    },
    "talk": {"head": "head", "web": "web", "say": "say"},
    "demo": {"head": "head", "audio_file": "audio_file", "recorder": "recorder"},
}
# Names that launch files of other packages use.
COMMON = """
    model name seed images mirror rotation background portrait renderer params_file namespace frame_id device
    sample_rate channels file output duration quality loop monitor fullscreen autostart microphones use_sim_time
    image_topic status_topic motion_topic audio_topic
""".split()


def names(launched):
    return [argument.name for argument in launched.arguments]


def accepted_values(parameter):
    """As texts."""
    if parameter.choices:
        return [str(choice) for choice in parameter.choices]
    if parameter.minimum is not None:
        return [str(parameter.type(parameter.minimum)), str(parameter.type(parameter.maximum))]
    return ["true", "false"] if parameter.type is bool else ["other"]


@pytest.fixture(autouse=True)
def shipped_conversation(monkeypatch, tmp_path):
    """A conversation file, so that these tests do not depend on the asset."""
    monkeypatch.setattr("dystream_ros.assets.FOLDER", tmp_path)
    (tmp_path / "demo").mkdir()
    (tmp_path / "demo" / "conversation.flac").touch()
    return str(tmp_path / "demo" / "conversation.flac")


@pytest.fixture
def params_file(tmp_path):
    path = tmp_path / "my robot's.yaml"
    path.write_text("/**: {ros__parameters: {retry: 2.0}}")
    return str(path)


def test_every_launch_file_is_tested():
    assert {path.name.removesuffix(".launch.py") for path in FOLDER.glob("*.launch.py")} == set(NODES)


@pytest.mark.parametrize("file", NODES)
def test_a_file_declares_each_parameter_and_topic_of_its_nodes_once_and_describes_it(launched, file):
    made = launched(file)
    assert len(set(names(made))) == len(names(made))
    assert all(argument.description for argument in made.arguments)
    for prefix, node in NODES[file].items():
        expected = ["name", "params_file", *(parameter.name for parameter in PARAMETERS[node])]
        assert {f"{prefix}_{name}" for name in expected} <= set(names(made))
    inside = "left_" if file == "two_heads" else ""
    expected = {f"face_{inside}{topic}_topic" for topic in ("motion", "image")}
    expected |= {f"face_{inside}self_audio_topic"} if inside else {"self_audio_topic", "other_audio_topic"}
    assert expected <= set(names(made))


def test_the_description_of_an_argument_has_the_accepted_values_and_the_default(launched):
    descriptions = {argument.name: argument.description for argument in launched("head").arguments}
    assert "one of 'paced', 'driven'; when left empty: 'paced'" in descriptions["head_time_mode"]


@pytest.mark.parametrize("file", NODES)
def test_each_argument_changes_what_is_started(launched, file, params_file):
    # Nodes that are left out by default are started, so that their arguments have an effect.
    started = {name: "true" for name in names(launched(file)) if name.endswith("_enabled")}
    unchanged = launched(file, **started).nodes
    values = {
        "face_namespace": ["robot"],
        "face_respawn": ["true"],
        "face_enclaves": ["/dystream"],
        "head_microphones": ["self"],
        "head_count": ["2"],
        **{name: ["false"] for name in started},
    }
    for prefix, node in NODES[file].items():
        values |= {f"{prefix}_name": ["another"], f"{prefix}_params_file": [params_file]}
        values |= {f"{prefix}_{parameter.name}": accepted_values(parameter) for parameter in PARAMETERS[node]}
    # The launch file of two heads has windows already.
    values |= {f"{side}_display_fullscreen": ["true"] for side in ("left", "right")}
    for name in names(launched(file)):
        for value in values.get(name, ["/elsewhere"]):
            if started.get(name) == value:
                continue
            assert launched(file, **started | {name: value}).nodes != unchanged, f"{name}:={value}"


@pytest.mark.parametrize("file", NODES)
def test_values_of_an_including_launch_file_do_not_reach_the_nodes(launched, file):
    parent = dict.fromkeys(COMMON, "/opt/robot/robot.urdf.xacro")
    assert launched(file, parent=parent).nodes == launched(file).nodes


@pytest.mark.parametrize("file", NODES)
def test_every_argument_begins_with_its_node_the_face_or_a_party(launched, file):
    prefixes = tuple(f"{prefix}_" for prefix in (*NODES[file], "face", "self_audio", "self_utterance", "other_audio"))
    assert [name for name in names(launched(file)) if not name.startswith(prefixes)] == []
    assert set(names(launched(file))).isdisjoint(COMMON)


def test_head_takes_every_topic_of_its_node(launched):
    topics = launched("head", **{name: "/x/" + name for name in names(launched("head")) if name.endswith("_topic")})
    assert [topic for topic, _ in topics.nodes["head"].remappings] == list(TOPICS["head"])


def test_an_argument_that_is_not_given_is_left_to_the_params_file_and_the_node(launched, params_file):
    (head,) = launched("head", head_params_file=params_file).nodes.values()
    assert head.parameters == [params_file]
    (head,) = launched("head").nodes.values()
    assert head.parameters == []


def test_a_given_parameter_has_its_own_type_and_comes_after_the_params_file(launched, params_file):
    given = {"head_jitter_budget": "0", "head_seed": "7", "head_autostart": "false"}
    (head,) = launched("head", head_params_file=params_file, **given).nodes.values()
    assert head.parameters == [params_file, {"jitter_budget": 0.0, "seed": 7, "autostart": False}]
    assert isinstance(head.parameters[1]["jitter_budget"], float)


def test_a_params_file_comes_after_the_values_of_the_launch_file_and_before_arguments(launched, params_file):
    nodes = launched("animatronic", speaker_params_file=params_file, speaker_retry="3").nodes
    assert nodes["speaker"].parameters == [{"buffer_ms": 100.0}, params_file, {"retry": 3.0}]


def test_a_params_file_that_is_missing_ends_the_launch(launched, tmp_path):
    """launch itself only warns, and the robot would run with the defaults."""
    for missing in ("robot.yaml", str(tmp_path)):
        message = f"launch argument head_params_file:={missing}: accepted is a YAML file"
        with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
            launched("head", head_params_file=missing)


def test_the_tilde_of_a_params_file_is_the_home_folder(launched, params_file, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    (head,) = launched("head", head_params_file="~/my robot's.yaml").nodes.values()
    assert head.parameters == [params_file]


def test_a_node_has_the_time_to_complete_its_files_before_it_is_killed(launched):
    """A recorder waits up to 20 s for a slow disk; launch would kill it 5 s after SIGTERM."""
    assert launched("demo").nodes["recorder"].sigkill_timeout == "20"
    assert launched("demo", {"sigkill_timeout": "3"}).nodes["recorder"].sigkill_timeout == "3"


@pytest.mark.parametrize("value", ["101", "[", "high"])
def test_a_refused_value_ends_the_launch_with_its_argument_and_what_is_accepted(launched, value):
    message = f"launch argument head_jpeg_quality:={value}: accepted is integer, 1 to 100 %"
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        launched("head", head_jpeg_quality=value)


def test_topics_and_namespace_reach_the_node(launched):
    (head,) = launched("head", face_namespace="robot", self_audio_topic="/tts/audio").nodes.values()
    assert head.namespace == "robot"
    assert head.remappings == [("self/audio", "/tts/audio")]


def test_nodes_are_started_again_only_if_asked_for_and_if_their_end_has_no_purpose(launched):
    assert not launched("demo").nodes["head"].respawn
    nodes = launched("demo", face_respawn="true").nodes
    assert {name: node.respawn for name, node in nodes.items()} == {
        "head": True,
        "audio_file": False,
        "recorder": False,
    }
    with pytest.raises(ValueError, match="face_respawn:=yes: accepted is true or false"):
        launched("head", face_respawn="yes")


def test_each_node_gets_an_enclave_of_its_name(launched):
    nodes = launched("screen", face_enclaves="/dystream/", display_name="window").nodes
    assert nodes["head"].ros_arguments == ("--enclave", "/dystream/head")
    assert nodes["window"].ros_arguments == ("--enclave", "/dystream/window")


def test_the_number_of_heads_reaches_the_process(launched):
    assert launched("head").nodes["head"].arguments == ["--heads", "1"]
    assert launched("head", head_count="3").nodes["head"].arguments == ["--heads", "3"]
    assert launched("head", head_count=str(MOST)).nodes["head"].arguments == ["--heads", str(MOST)]


@pytest.mark.parametrize("count", ["two", "0", str(MOST + 1), "1.0", "-1", ""])
def test_a_number_of_heads_that_is_none_ends_the_launch(launched, count):
    """The node would take a word as the namespace of one head."""
    message = f"launch argument head_count:={count}: accepted is a whole number, 1 to {MOST}"
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        launched("head", head_count=count)


def test_two_heads_in_one_system_have_different_names(launched):
    assert list(launched("head", head_name="left_head").nodes) == ["left_head"]


def test_microphones_feed_the_topics_that_the_head_subscribes_to(launched):
    nodes = launched("microphones", other_audio_topic="guest/audio").nodes
    assert nodes["self_microphone"].remappings == [("audio", "self/audio")]
    assert nodes["other_microphone"].remappings == [("audio", "guest/audio")]
    assert nodes["head"].remappings == [("other/audio", "guest/audio")]


@pytest.mark.parametrize("party", ["self", "other"])
def test_the_microphone_of_a_party_can_be_left_out(launched, party):
    assert set(launched("microphones", head_microphones=party).nodes) == {f"{party}_microphone", "head"}


@pytest.mark.parametrize("file", ["animatronic", "social_robot"])
def test_every_part_of_a_robot_can_be_left_out(launched, file):
    everything = dict.fromkeys((f"{prefix}_enabled" for prefix in NODES[file]), "true")
    assert set(launched(file, **everything).nodes) == set(NODES[file])
    for prefix in NODES[file]:
        assert set(launched(file, **everything | {f"{prefix}_enabled": "false"}).nodes) == set(NODES[file]) - {prefix}


def test_a_part_is_enabled_with_true_or_false_only(launched):
    message = "launch argument actuators_enabled:=yes: accepted is true or false"
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        launched("social_robot", actuators_enabled="yes")


def test_the_joints_of_a_social_robot_do_not_move_unless_they_are_asked_for(launched):
    assert "actuators" not in launched("social_robot").nodes


def test_attention_is_switched_on_with_its_node(launched):
    assert {"attention", "skills"}.isdisjoint(launched("social_robot").nodes)
    attention = launched("social_robot", attention_enabled="true", attention_humans="/people").nodes["attention"]
    assert attention.parameters == [{"enabled": True, "humans": "/people"}]


def test_a_social_robot_uses_the_nodes_of_others_by_their_topics(launched):
    nodes = launched(
        "social_robot", microphone_enabled="false", other_audio_topic="/audio", self_audio_topic="/tts/audio"
    ).nodes
    assert sorted(nodes["head"].remappings) == [("other/audio", "/audio"), ("self/audio", "/tts/audio")]


@pytest.mark.parametrize("file", ["animatronic", "social_robot"])
def test_the_loudspeaker_delays_the_sound_as_the_joints_expect(launched, file):
    """sound_delay of `actuators` is buffer_ms and latency_ms of `speaker`."""
    speaker = launched(file, actuators_enabled="true").nodes["speaker"]
    assert speaker.remappings == [("audio", "self/audio_aligned")]
    defaults = {parameter.name: parameter.default for node in NODES[file].values() for parameter in PARAMETERS[node]}
    [given] = speaker.parameters
    assert given["buffer_ms"] + defaults["latency_ms"] == 1000 * defaults["sound_delay"]


def topic_names(node):
    """The topics of a node by their full names."""
    renamed = dict(node.remappings)
    names = {topic: renamed.get(topic, topic) for topic in TOPICS[node.executable]}
    return {topic: name if name.startswith("/") else f"/{node.namespace}/{name}" for topic, name in names.items()}


@pytest.mark.parametrize("namespace", ["", "stage", "/stage"])
def test_two_heads_hear_each_other(launched, namespace):
    root = "/stage" if namespace else ""
    topics = {name: topic_names(node) for name, node in launched("two_heads", face_namespace=namespace).nodes.items()}
    topics = {name.removeprefix(namespace).strip("/"): each for name, each in topics.items()}
    topics = {name: {topic: "/" + full.strip("/") for topic, full in each.items()} for name, each in topics.items()}
    for side, other in (("left", "right"), ("right", "left")):
        head = topics[f"{side}/head"]
        assert head["self/audio"] == f"{root}/{side}/self/audio"
        assert head["other/audio"] == topics[f"{other}/head"]["self/audio_aligned"]
        assert topics[f"{side}/speaker"]["audio"] == head["self/audio_aligned"] == f"{root}/{side}/self/audio_aligned"
        assert topics[f"{side}/display"]["image"] == head["image"] == f"{root}/{side}/image"
    player = {topic: re.sub("/+", "/", name) for topic, name in topics["audio_file"].items()}
    assert player["self/audio"] == topics["left/head"]["self/audio"]
    assert player["other/audio"] == topics["right/head"]["self/audio"]


def test_two_heads_play_the_shipped_conversation_only_if_no_file_is_given(launched, shipped_conversation):
    assert launched("two_heads").nodes["audio_file"].parameters == [{"file": shipped_conversation}]
    own = launched("two_heads", audio_file_self_file="a.wav").nodes["audio_file"].parameters
    assert own == [{"self_file": "a.wav"}]
    voices = launched("two_heads", audio_file_enabled="false", face_left_self_audio_topic="/voice").nodes
    assert "audio_file" not in voices
    assert ("self/audio", "/voice") in voices["left/head"].remappings


def test_demo_plays_the_shipped_conversation_only_if_no_file_is_given(launched, shipped_conversation):
    assert launched("demo").nodes["audio_file"].parameters == [{"subscribers": 2, "file": shipped_conversation}]
    own = launched("demo", audio_file_self_file="a.wav").nodes["audio_file"].parameters
    assert own == [{"subscribers": 2, "self_file": "a.wav"}]


def test_demo_ends_with_the_recording(launched):
    assert launched("demo").nodes["recorder"].on_exit == "Shutdown"


def test_head_starts_with_its_arguments_and_ends_with_the_launch(run_head, tmp_path):
    # A misspelt key in the params file: the node names it, which shows that the file reached the node.
    parameters = tmp_path / "robot.yaml"
    parameters.write_text("/**:\n  ros__parameters:\n    jpeg_qualtiy: 50\n")
    log, status = run_head(
        "jpeg_qualtiy",
        head_params_file=str(parameters),
        head_autostart="false",
        head_name="left_head",
        face_namespace="robot",
    )
    assert "[robot.left_head]: there is no parameter 'jpeg_qualtiy'" in log
    assert "did you mean 'jpeg_quality'?" in log
    assert status == 0, log


def test_the_stand_ins_are_called_as_the_classes_of_ros_launch():
    specification = importlib.util.spec_from_file_location(
        "record_signatures", Path(__file__).with_name("record_signatures.py")
    )
    script = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(script)
    real = json.loads(script.FILE.read_text())
    if importlib.util.find_spec("launch_ros") is not None:
        assert script.recorded() == real, "run python test/launch/record_signatures.py"
    for module, classes in launch_stand_in.CLASSES.items():
        for class_ in classes:
            ours, theirs = script.signature(class_), real[f"{module}.{class_.__name__}"]
            assert ours["positional"] == theirs["positional"], class_
            assert set(ours["keywords"]) <= set(theirs["keywords"]), class_
