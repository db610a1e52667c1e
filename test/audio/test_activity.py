"""Voice activity: speech is detected, silence and hum are not, and chunking does not matter."""

import numpy as np
import soundfile

from dystream_ros.assets import demo_conversation
from dystream_ros.audio.activity import VoiceActivity

FRAME = 640


def bits(audio, size=FRAME, **settings):
    activity = VoiceActivity(**settings)
    for at in range(0, len(audio), size):
        activity.add(audio[at : at + size])
    return [activity.speaking(k * FRAME, (k + 1) * FRAME) for k in range(len(audio) // FRAME)]


def test_speech_is_detected_and_ends_soon_after_it_stops(spoken):
    padded = np.concatenate([np.zeros(16_000), spoken, np.zeros(16_000)]).astype(np.float32)
    found = bits(padded)
    end = 25 + len(spoken) // FRAME
    assert not any(found[:25])
    assert np.mean(found[27:end]) > 0.9
    assert not any(found[end + 8 :])


def test_silence_hiss_and_hum_are_not_speech():
    t = np.arange(48_000) / 16_000
    assert not any(bits(np.zeros(48_000, np.float32)))
    assert not any(bits((1e-4 * np.random.default_rng(0).standard_normal(48_000)).astype(np.float32)))
    assert not any(bits((0.003 * np.sin(2 * np.pi * 50 * t)).astype(np.float32)))


def test_sound_below_the_level_floor_is_not_speech(spoken):
    assert any(bits(0.3 * spoken))
    assert not any(bits(0.3 * spoken, floor_dbfs=-10.0))


def test_chunking_does_not_matter(spoken):
    assert bits(spoken, 640) == bits(spoken, 7) == bits(spoken, 10_000)


def test_it_is_causal(spoken):
    changed = spoken.copy()
    changed[16_000:] = 0
    assert bits(spoken)[:25] == bits(changed)[:25]


def soft_levels(audio, floor_dbfs=-50.0):
    activity, levels = VoiceActivity(floor_dbfs), []
    for at in range(0, len(audio), FRAME):
        activity.add(audio[at : at + FRAME])
        level = activity.soft_voice()
        levels += [] if level is None else [level]
    return levels


def test_a_voice_below_the_floor_is_reported_with_its_level():
    conversation, _ = soundfile.read(demo_conversation(), dtype="float32")
    voice = conversation[:, 0]
    assert not soft_levels(voice)
    reported = soft_levels(voice * np.float32(10 ** (-35 / 20)))
    assert reported
    assert all(-62 < each < -52 for each in reported)


def test_noise_and_an_offset_are_no_soft_voice():
    noise = np.random.default_rng(1).standard_normal(20 * 16_000)
    for dbfs in (-45, -55, -60):
        assert not soft_levels((noise * 10 ** (dbfs / 20)).astype(np.float32))
    assert not soft_levels((0.1 + 1e-3 * noise).astype(np.float32))
    assert not any(bits((0.1 + 1e-4 * noise[:48_000]).astype(np.float32)))


def voices(audio):
    activity, found = VoiceActivity(), []
    for at in range(0, len(audio), FRAME):
        activity.add(audio[at : at + FRAME])
        found.append(activity.voice)
    return found


def test_a_voice_is_noticed_at_once_also_a_soft_one_and_held_through_the_gaps_of_a_sentence():
    conversation, _ = soundfile.read(demo_conversation(), dtype="float32")
    voice = conversation[:, 0]
    begin = int(np.flatnonzero(np.abs(voice) > 0.05)[0])
    sentence = voice[begin : begin + 24_000]
    assert VoiceActivity().voice is None
    for gain in (1.0, 0.1):
        found = voices(np.concatenate([np.zeros(8_000), gain * sentence, np.zeros(16_000)]).astype(np.float32))
        assert found[:12] == [None] * 12
        assert found.index(True) <= 15
        assert np.mean([each is True for each in found[15:50]]) > 0.9
        assert found[-1] is None


def test_beeps_hum_and_hiss_are_sound_without_a_voice():
    t = np.arange(48_000) / 16_000
    beeps = 0.1 * np.sin(2 * np.pi * 1800 * t) * (t % 0.5 < 0.2)
    hum = 0.02 * np.sin(2 * np.pi * 100 * t) + 0.01 * np.sin(2 * np.pi * 200 * t)
    hiss = 0.01 * np.random.default_rng(2).standard_normal(48_000)
    for sound in (beeps, hum, hiss):
        found = voices(sound.astype(np.float32))
        assert False in found
        assert True not in found
