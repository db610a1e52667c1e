"""Streams of devices that do not have the wanted format, with a stand-in for PortAudio."""

from types import SimpleNamespace

import numpy as np
import pytest

from dystream_ros.nodes.sound_device import stream as module
from dystream_ros.nodes.sound_device.devices import SoundUnavailable

INVALID_RATE, INVALID_CHANNELS, BUSY = -9997, -9998, -9985


class PortAudioError(Exception):
    """As sounddevice raises it: a text and PortAudio's number."""


class PortAudio:
    """Opens streams in the formats of `has`, (rate, channels), and keeps them in `opened`."""

    PortAudioError = PortAudioError

    def __init__(self, has, failure=None):
        self.has, self.failure, self.opened = has, failure, []

    def RawInputStream(self, **options):  # noqa: N802
        rate, channels = options["samplerate"], options["channels"]
        if self.failure is not None:
            raise PortAudioError("Error opening stream", self.failure)
        if rate not in {each[0] for each in self.has}:
            raise PortAudioError("Invalid sample rate", INVALID_RATE)
        if (rate, channels) not in self.has:
            raise PortAudioError("Invalid number of channels", INVALID_CHANNELS)
        self.opened.append(options)
        return SimpleNamespace(start=lambda: None, close=lambda ignore_errors: None)

    OutputStream = RawInputStream


@pytest.fixture
def device(monkeypatch):
    """Make PortAudio find one device, which has only these formats."""

    def make(has, rate=48_000, channels=2, failure=None):
        info = {"index": 3, "name": "USB", "default_samplerate": float(rate)}
        info |= {"max_input_channels": channels, "max_output_channels": channels}
        portaudio = PortAudio(has, failure)
        monkeypatch.setattr(module, "find_device", lambda wanted, direction: info)
        monkeypatch.setattr(module, "portaudio", lambda: portaudio)
        return portaudio

    return make


@pytest.mark.parametrize(
    ("has", "opened"),
    [
        ({(16_000, 1), (48_000, 2)}, (16_000, 1)),
        ({(48_000, 2)}, (48_000, 2)),
        ({(48_000, 1), (48_000, 2)}, (48_000, 1)),
        ({(16_000, 2)}, (16_000, 2)),
        ({(16_000, 6), (48_000, 6)}, (16_000, 6)),
    ],
)
def test_a_microphone_without_the_wanted_format_is_opened_in_its_own(device, has, opened):
    portaudio = device(has, channels=6)
    stream = module.CaptureStream("", 16_000, 1, 0.010, 0.02)
    assert (stream.sample_rate, stream.channels) == opened
    assert portaudio.opened[0]["blocksize"] == opened[0] // 100


def test_a_loudspeaker_of_another_rate_gets_sound_of_its_rate(device):
    device({(44_100, 2)}, rate=44_100)
    rates = []

    def source(rate):
        rates.append(rate)
        return lambda count: np.zeros(count, np.float32)

    assert module.PlaybackStream("", 48_000, 0.02, source).sample_rate == 44_100
    assert rates[-1] == 44_100


def test_another_failure_is_not_tried_in_other_formats(device):
    device({(16_000, 1)}, failure=BUSY)
    with pytest.raises(SoundUnavailable, match="'USB' does not open with 1 channels at 16000 Hz"):
        module.CaptureStream("", 16_000, 1, 0.010, 0.02)
