"""The robot's own voice in the audio of its partner's microphone."""

import numpy as np
import pytest

from dystream_ros.audio.block import AudioBlock, AudioRejected
from dystream_ros.audio.own_voice import OwnVoice

RATE = 16_000
HOP = RATE // 25


def voice(seconds, seed):
    """Irregular syllables of filtered noise (n,), about -20 dBFS, another one for each seed."""
    random = np.random.default_rng(seed)
    noise = random.standard_normal(round(seconds * RATE))
    shape = np.interp(
        np.arange(noise.size) / RATE, np.arange(0, seconds + 1, 0.15), random.random(int(seconds / 0.15) + 7)
    )
    sound = np.convolve(noise, [1, 0.9, 0.7, 0.4], "same") * shape**2
    return (0.1 * sound / np.sqrt(np.mean(sound**2))).astype(np.float32)


OWN, PARTNER, NOISE = voice(12, 1), voice(12, 2), 0.003 * np.random.default_rng(3).standard_normal(12 * RATE)


def echo(seconds, level=1.0, room=0.0):
    """The own voice this much later; in a room with a reverberation of this length, s."""
    late = np.roll(OWN, round(seconds * RATE))
    if room:
        tail = np.random.default_rng(4).standard_normal(round(room * RATE)) * np.exp(
            -6.9 * np.linspace(0, 1, round(room * RATE))
        )
        tail[0] = 3.0
        late = np.convolve(late, tail / np.linalg.norm(tail))[: late.size]
    return level * late


def said(*channels, channel=None, rate=RATE, stamp=10**18, watch=None, stream=2):
    """Messages while the channels (n,) arrive in chunks of 10 ms and the own voice is played."""
    watch = watch or OwnVoice(channel)
    sound = np.stack(channels, axis=1)[:: RATE // rate].astype(np.float32)
    messages = []
    for frame in range(len(OWN) // HOP):
        now = 50.0 + 0.04 * frame
        own = AudioBlock(1, frame * HOP, RATE, 1, stamp + frame * 40_000_000, OWN[frame * HOP : (frame + 1) * HOP])
        watch.play(own, now)
        for part in range(4):
            at = (4 * frame + part) * rate // 100
            samples = sound[at : at + rate // 100].reshape(-1)
            watch.hear(AudioBlock(stream, at, rate, len(channels), None, samples), now + 0.01 * (part + 1))
        if frame % 25 == 24 and (message := watch.check(now + 0.04)):
            messages.append(message)
    return messages


def test_two_voices_are_no_echo():
    assert said(PARTNER + NOISE) == []
    assert said(NOISE) == []


@pytest.mark.parametrize("rate", [16_000, 8_000])
def test_a_channel_with_the_loudspeakers_signal_is_named_with_one_without(rate):
    [message] = said(PARTNER, PARTNER + NOISE, echo(0.08), rate=rate)
    assert message.startswith("channel 2 of its 3 channels carries what the robot itself plays (correlation ")
    assert " 80 ms after" in message or " 70 ms after" in message or " 90 ms after" in message
    assert message.endswith("choose one without it: other_channel:=0")


def test_a_channel_that_is_not_used_may_carry_it():
    assert said(PARTNER, PARTNER, echo(0.08), channel=0) == []
    [message] = said(PARTNER, PARTNER, echo(0.08), channel=2)
    assert message.startswith("channel 2")


def test_an_echo_in_a_room_is_said_and_one_that_is_cancelled_is_not():
    [message] = said(echo(0.12, 0.3, room=0.3) + NOISE)
    assert message.startswith("the robot hears its own voice in it (correlation 0.")
    assert said(echo(0.12, 0.01, room=0.3)) == []  # 40 dB softer than the voice


def test_a_player_that_does_not_wait_for_the_face_is_found_too():
    [message] = said(echo(-0.2))
    assert "-2" in message.partition(" ms after")[0]


def test_each_stream_is_judged_anew():
    watch = OwnVoice(None)
    assert len(said(echo(0.1), watch=watch)) == 1
    assert said(echo(0.1), watch=watch) == []
    assert len(said(echo(0.1), watch=watch, stream=3)) == 1


def test_audio_that_is_broken_is_refused():
    with pytest.raises(AudioRejected):
        OwnVoice(None).hear(AudioBlock(1, 0, RATE, 3, None, np.zeros(4, np.float32)), 0.0)
