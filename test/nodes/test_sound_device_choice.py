"""Which device a name means."""

import types

import pytest

from dystream_ros.nodes.sound_device import devices


class PortAudioError(Exception):
    pass


FOUND = [
    {"index": 0, "name": "HDA Intel: ALC (hw:0,0)", "max_input_channels": 2, "max_output_channels": 2},
    {"index": 1, "name": "USB Mic: Audio (hw:1,0)", "max_input_channels": 1, "max_output_channels": 0},
    {"index": 2, "name": "USB Mic: Audio (hw:2,0)", "max_input_channels": 1, "max_output_channels": 0},
    {"index": 3, "name": "USB", "max_input_channels": 0, "max_output_channels": 2},
]


@pytest.fixture(autouse=True)
def pretended(monkeypatch):
    def query_devices(kind=None):
        if kind is None:
            return FOUND
        return _refuse()

    fake = types.SimpleNamespace(query_devices=query_devices, PortAudioError=PortAudioError)
    monkeypatch.setattr(devices, "portaudio", lambda: fake)


@pytest.mark.parametrize(
    ("wanted", "kind", "index"), [("1", "input", 1), ("hw:2", "input", 2), ("intel", "output", 0), ("usb", "output", 3)]
)
def test_an_index_or_a_part_of_a_name_is_enough(wanted, kind, index):
    assert devices.find_device(wanted, kind)["index"] == index


@pytest.mark.parametrize(
    ("wanted", "kind", "sentence"),
    [
        ("USB", "input", "of input devices called 'USB' there are several; there are 0 'HDA Intel"),
        ("3", "input", "of input devices called '3' there is none"),
        ("", "input", "there is no default input device; there are 0 'HDA Intel"),
    ],
)
def test_a_name_that_means_none_or_several_is_refused_with_those_there_are(wanted, kind, sentence):
    with pytest.raises(devices.SoundUnavailable, match=sentence.replace("(", r"\(")):
        devices.find_device(wanted, kind)


def test_without_any_device_the_sound_server_is_asked_after(monkeypatch):
    monkeypatch.setattr(devices.portaudio(), "query_devices", lambda kind=None: [] if kind is None else _refuse())
    with pytest.raises(devices.SoundUnavailable, match="is a sound server running"):
        devices.find_device("", "output")


def _refuse():
    raise PortAudioError("Error querying device -1")
