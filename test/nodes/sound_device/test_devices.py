"""Which device the parameter `device` names."""

import re

import pytest

from dystream_ros.nodes.sound_device.devices import SoundUnavailable, channels_of, match_device

FOUND = [
    {"index": 0, "name": "HDA Intel: ALC (hw:0,0)", "max_input_channels": 2, "max_output_channels": 2},
    {"index": 1, "name": "USB Mic: Audio (hw:1,0)", "max_input_channels": 1, "max_output_channels": 0},
    {"index": 2, "name": "USB Mic: Audio (hw:2,0)", "max_input_channels": 1, "max_output_channels": 0},
    {"index": 3, "name": "USB", "max_input_channels": 0, "max_output_channels": 2},
]


def found(direction):
    return [device for device in FOUND if channels_of(device, direction)]


@pytest.mark.parametrize(
    ("wanted", "direction", "index"),
    [("1", "input", 1), ("hw:2", "input", 2), ("intel", "output", 0), ("usb", "output", 3)],
)
def test_an_index_or_a_part_of_a_name_is_enough(wanted, direction, index):
    assert match_device(wanted, direction, found(direction))["index"] == index


@pytest.mark.parametrize(
    ("wanted", "direction", "devices", "sentence"),
    [
        ("USB", "input", FOUND[:3], "device 'USB': 2 input devices match; set device to one of 0 'HDA Intel"),
        ("3", "input", FOUND[:3], "device '3': no input device matches; set device to one of 0 'HDA Intel"),
        ("Mic", "output", [], "no output device matches; PortAudio finds no output device: start a sound server"),
    ],
    ids=["several match", "none matches", "there is no device"],
)
def test_a_name_that_does_not_mean_one_device_is_refused_with_the_devices_found(wanted, direction, devices, sentence):
    with pytest.raises(SoundUnavailable, match=re.escape(sentence)):
        match_device(wanted, direction, devices)
