"""Which device the parameter `device` names."""

import re

import pytest

from dystream_ros.nodes.sound_device.devices import SoundUnavailable, channels_of, match_device
from dystream_ros.nodes.sound_device.server import ServerDevice

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
    assert match_device(wanted, direction, found(direction), [])["index"] == index


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
        match_device(wanted, direction, devices, [])


PULSE = {"index": 4, "name": "pulse", "max_input_channels": 32, "max_output_channels": 32}
OF_SERVER = [
    ServerDevice(1, "alsa_input.usb-Seeed_ReSpeaker-00.multichannel-input", "ReSpeaker 4 Mic Array", 6, 16_000),
    ServerDevice(2, "clean", "Echo-Cancel Source", 1, 48_000),
    ServerDevice(3, "usb", "a source with the name of a part of another", 2, 44_100),
]


@pytest.mark.parametrize(("wanted", "name"), [("clean", "clean"), ("Mic Array", OF_SERVER[0].name), ("usb", "usb")])
def test_a_source_of_the_sound_server_is_reached_through_alsas_device_pulse(wanted, name):
    device = match_device(wanted, "input", [*FOUND[:1], PULSE], OF_SERVER)
    assert (device["index"], device["name"], device["variables"]) == (4, name, {"PULSE_SOURCE": name})


def test_a_device_of_portaudio_comes_before_one_of_the_server_with_a_part_of_the_name():
    assert match_device("hw:0", "input", [*FOUND[:1], PULSE], OF_SERVER)["index"] == 0
    assert match_device("a", "input", [FOUND[0]], OF_SERVER)["index"] == 0


def test_without_alsas_device_pulse_the_package_is_named():
    with pytest.raises(SoundUnavailable, match="apt install libasound2-plugins"):
        match_device("clean", "input", FOUND[:1], OF_SERVER)
