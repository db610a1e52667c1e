"""The table of audio message types, and the type that needs no further package."""

import array

import numpy as np
import pytest
from std_msgs.msg import Int16MultiArray, MultiArrayDimension, MultiArrayLayout

from dystream_ros.audio.block import AudioRejected
from dystream_ros.nodes.audio_input import AUDIO_TYPES
from dystream_ros.nodes.audio_input.adapter import ADAPTERS, audio_type_of, unavailable_types
from dystream_ros.nodes.audio_input.described import InputContext, SourceFormat
from dystream_ros.nodes.audio_input.int16_multi_array import Int16MultiArrayAdapter
from dystream_ros.nodes.audio_input.message_class import TypeUnavailable, message_class

CONTEXT = InputContext(SourceFormat(22_050, 2), None, lambda counter, text: None)


def test_each_audio_type_has_an_adapter_of_its_message_type_or_names_the_missing_package():
    assert ADAPTERS.keys() == AUDIO_TYPES.keys()
    missing = unavailable_types(CONTEXT)
    for audio_type in AUDIO_TYPES.keys() - missing.keys():
        message = ADAPTERS[audio_type](CONTEXT).message
        package, kind, name = message.__module__.split(".")[0], message.__module__.split(".")[1], message.__name__
        assert f"{package}/{kind}/{name}" == AUDIO_TYPES[audio_type]
    for audio_type, reason in missing.items():
        assert reason.startswith(AUDIO_TYPES[audio_type])
        assert "ros-drivers" in reason


def test_an_audio_type_is_found_by_the_name_in_the_graph():
    assert audio_type_of("dystream_ros/msg/AudioChunk") == "audio_chunk"
    assert audio_type_of("sensor_msgs/msg/Image") is None


def test_a_package_of_the_same_name_with_other_fields_is_unavailable():
    with pytest.raises(TypeUnavailable, match=r"has other fields \(stamp, frame_id\)"):
        message_class("std_msgs/msg/Header", "data")
    with pytest.raises(TypeUnavailable, match="the installed package std_msgs has no Footer"):
        message_class("std_msgs/msg/Footer")


def test_an_array_has_the_rate_and_channels_of_the_parameters():
    [block] = Int16MultiArrayAdapter(CONTEXT).blocks(Int16MultiArray(data=array.array("h", range(8))))
    assert (block.sample_rate, block.channels, block.frames) == (22_050, 2, 4)
    assert not block.stamp_ns


def test_an_array_with_the_channels_as_first_dimension_is_interleaved():
    message = Int16MultiArray(data=array.array("h", [9, 0, 1, 2, 10, 11, 12]))
    dimensions = [MultiArrayDimension(label="channels", size=2), MultiArrayDimension(label="samples", size=3)]
    message.layout = MultiArrayLayout(dim=dimensions, data_offset=1)
    [block] = Int16MultiArrayAdapter(CONTEXT).blocks(message)
    np.testing.assert_array_equal(block.data, [0, 10, 1, 11, 2, 12])
    dimensions[0].size = 4
    with pytest.raises(AudioRejected, match="6 samples do not divide into the 4 channels"):
        list(Int16MultiArrayAdapter(CONTEXT).blocks(message))
