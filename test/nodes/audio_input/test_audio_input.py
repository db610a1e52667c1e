"""The table of audio message types."""

from dystream_ros.nodes.audio_input import AUDIO_TYPES
from dystream_ros.nodes.audio_input.adapter import ADAPTERS, adapter_for


def test_each_audio_type_has_an_adapter_of_its_message_type():
    assert ADAPTERS.keys() == AUDIO_TYPES.keys()
    for audio_type, type_name in AUDIO_TYPES.items():
        message = ADAPTERS[audio_type]().message
        package, kind, name = message.__module__.split(".")[0], message.__module__.split(".")[1], message.__name__
        assert f"{package}/{kind}/{name}" == type_name


def test_an_adapter_is_found_by_the_name_in_the_graph_and_is_new_each_time():
    first, second = (adapter_for("dystream_ros/msg/AudioChunk") for _ in range(2))
    assert first is not None
    assert first is not second
    assert adapter_for("sensor_msgs/msg/Image") is None
