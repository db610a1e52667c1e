"""Messages of a page: what is accepted, and what each refusal says."""

import json
import math

import pytest

from dystream_ros.nodes.web import binary_frames, protocol
from dystream_ros.nodes.web.message_fields import Refused
from dystream_ros.nodes.web.protocol import NumberedRefusal


def parsed(**fields):
    return protocol.parse(json.dumps(fields))


def test_a_message_becomes_its_object_with_defaults_and_the_number_of_its_request():
    assert parsed(type="look", face=True, id=7) == (protocol.Look(face=True), 7)
    assert parsed(type="ping", sent=3) == (protocol.Ping(3.0), None)
    assert parsed(type="set_parameter", name="mirror", value=True)[0].value is True


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"type": "shell"}, "'shell'"),
        ({}, "'type' is None"),
        ({"type": "say"}, "'say' needs the field 'text'"),
        ({"type": "say", "text": "a", "path": "/etc/passwd"}, "no field 'path'"),
        ({"type": "say", "text": ""}, "0 characters"),
        ({"type": "say", "text": "a" * 501}, "501 characters"),
        ({"type": "say", "text": "a\x1b[2J"}, "control characters"),
        ({"type": "say", "text": 5}, "'text' is 5"),
        ({"type": "take_seat", "seat": "throne"}, "one of 'visitor', 'telepresence', 'control'"),
        ({"type": "take_seat", "seat": "control", "ask": 1}, "true or false"),
        ({"type": "ping", "sent": True}, "'sent' is True"),
        ({"type": "ping", "sent": math.nan}, "'sent' is nan"),
        ({"type": "ping", "sent": 10**400}, "'sent' is 1000"),
        ({"type": "page_latency", "capture": -1, "uplink": None, "downlink": None, "playout": None}, "0 to 10000"),
        ({"type": "rtc_offer", "sdp": "v" * 32_001}, "32001 characters"),
        ({"type": "set_parameter", "name": "portrait", "value": {"a": 1}}, "'value' is {'a': 1}"),
        ({"type": "set_parameter", "name": "portrait", "value": "x" * 101}, "101 characters"),
    ],
)
def test_a_message_that_cannot_be_used_is_refused_with_the_number_of_its_request(fields, says):
    with pytest.raises(NumberedRefusal) as refused:
        parsed(**fields, id=3)
    assert refused.value.code == "bad_message"
    assert says in refused.value.text
    assert refused.value.number == 3


@pytest.mark.parametrize("text", ["", "[]", "{", "9" * 5000, "[" * 100_000, '{"type": "ping", "id": -1}'])
def test_a_text_that_is_no_message_is_refused(text):
    with pytest.raises(Refused, match=r"JSON|'id'"):
        protocol.parse(text)


def test_sound_of_a_page_has_rate_position_and_samples():
    data = binary_frames.binary(binary_frames.MICROPHONE, bytes(960), 4800.0, 48_000)
    assert binary_frames.parse_binary(data) == binary_frames.MicrophoneFrame(48_000, 4800, bytes(960))


@pytest.mark.parametrize(
    ("kind", "pcm", "position", "rate"),
    [
        (binary_frames.FACE, 960, 0.0, 48_000),
        (binary_frames.MICROPHONE, 961, 0.0, 48_000),
        (binary_frames.MICROPHONE, 0, 0.0, 48_000),
        (binary_frames.MICROPHONE, 60_000, 0.0, 48_000),
        (binary_frames.MICROPHONE, 960, -1.0, 48_000),
        (binary_frames.MICROPHONE, 960, 0.5, 48_000),
        (binary_frames.MICROPHONE, 960, math.nan, 48_000),
        (binary_frames.MICROPHONE, 960, math.inf, 48_000),
        (binary_frames.MICROPHONE, 960, 0.0, 7999),
        (binary_frames.MICROPHONE, 960, 0.0, 0),
        (binary_frames.MICROPHONE, 960, 0.0, 96_000),
    ],
)
def test_binary_frames_that_are_no_sound_are_refused(kind, pcm, position, rate):
    with pytest.raises(Refused):
        binary_frames.parse_binary(binary_frames.binary(kind, bytes(pcm), position, rate))
    with pytest.raises(Refused):
        binary_frames.parse_binary(b"\x11")
