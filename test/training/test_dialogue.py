"""Who speaks when, and what the channel does to it."""

import numpy as np
import pytest

from dystream_ros.training.augmentation import Augmentation, augment, noise, speaking_rms
from dystream_ros.training.cast import Line, prepare
from dystream_ros.training.dialogue import SCENARIOS, perform, plan
from dystream_ros.training.phones import SILENCE
from dystream_ros.training.synthesis.speech import Speech


def say(party: int, role: str) -> Line:
    seconds = 0.4 if role == "backchannel" else 2.5
    phones = ((0.0, 0.4 * seconds, "AA"), (0.4 * seconds, 0.6 * seconds, SILENCE), (0.6 * seconds, seconds, "M"))
    return Line(np.full(int(seconds * 16_000), 0.1 * (party + 1), np.float32), phones, role)


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_a_party_never_talks_over_itself(scenario):
    for seed in range(20):
        placed = plan(np.random.default_rng(seed), 60.0, scenario, say)
        for party in (0, 1):
            own = [item for item in placed if item.party == party]
            assert all(first.end < second.start for first, second in zip(own, own[1:]))


def test_conversations_have_overlaps_backchannels_and_lines_broken_off():
    placed = [plan(np.random.default_rng(seed), 60.0, "lively", say) for seed in range(20)]
    texts = [item.line.text for items in placed for item in items]
    assert "backchannel" in texts
    assert "question" in texts
    assert any("broken off" in text for text in texts)
    overlapping = [
        (a, b) for items in placed for a in items for b in items if a.party != b.party and a.start < b.start < a.end
    ]
    assert len(overlapping) > 20


def test_the_same_seed_gives_the_same_conversation():
    first, again = (plan(np.random.default_rng(7), 40.0, "dialogue", say) for _ in range(2))
    assert [(item.party, item.start, item.line.text) for item in first] == [
        (item.party, item.start, item.line.text) for item in again
    ]


def test_sound_and_phones_of_a_party_are_where_its_lines_are():
    placed = plan(np.random.default_rng(1), 30.0, "dialogue", say)
    for party in (0, 1):
        sound, phones = perform(placed, party, 30 * 16_000)
        heard = np.zeros(len(sound), bool)
        for start, end, _ in phones:
            heard[round(start * 16_000) : round(end * 16_000)] = True
        assert np.mean(heard == (sound > 0)) > 0.999
        assert all(end <= 30.0 for _, end, _ in phones)


def test_a_line_that_is_cut_ends_softly_and_loses_its_later_phones():
    line = say(0, "statement").cut(0.8)
    assert line.seconds == pytest.approx(0.8)
    assert [phone for _, _, phone in line.phones] == ["AA"]
    assert line.samples[-1] == 0.0


def test_a_line_begins_and_ends_with_its_sound():
    samples = np.zeros(32_000, np.float32)
    samples[8_000:16_000] = 0.2
    symbols = ((0.0, 0.5, "pau"), (0.5, 0.8, "aa"), (0.8, 1.6, "n"), (1.6, 2.0, "pau"))
    line = prepare(Speech(samples, symbols, "a", "flite", "rms"))
    assert line.phones[0][2] == "AA"
    assert line.phones[0][0] == pytest.approx(0.04, abs=0.011)
    assert line.phones[-1] == (pytest.approx(0.34, abs=0.011), pytest.approx(0.54, abs=0.011), "N")
    assert line.seconds == pytest.approx(0.58, abs=0.02)


def test_faster_playing_moves_the_phones_with_the_sound():
    samples = (0.1 * np.sin(np.arange(32_000) / 5.0)).astype(np.float32)
    line = prepare(Speech(samples, ((0.0, 1.0, "aa"), (1.0, 2.0, "m")), "a", "flite", "rms"), speed=1.25)
    assert line.seconds == pytest.approx(1.6, abs=0.001)
    assert line.phones[0][1] == pytest.approx(0.8)


def test_a_channel_delays_nothing_and_stays_in_range():
    rng = np.random.default_rng(0)
    voice = np.zeros(48_000, np.float32)
    voice[16_000:32_000] = 0.1 * rng.standard_normal(16_000)
    for seed in range(30):
        heard = augment(np.random.default_rng(seed), voice, np.zeros_like(voice))
        assert np.abs(heard).max() <= 1.0
        spectrum = np.fft.rfft(heard, 2**17) * np.conj(np.fft.rfft(voice, 2**17))
        lag = np.argmax(np.fft.irfft(spectrum))
        assert min(lag, 2**17 - lag) <= 8  # half a millisecond: the group delay of a band limit


def test_the_level_of_a_channel_is_within_the_asked_range():
    voice = (0.1 * np.random.default_rng(0).standard_normal(48_000)).astype(np.float32)
    for seed in range(20):
        heard = augment(np.random.default_rng(seed), voice, np.zeros_like(voice), Augmentation(clean=1.0))
        assert -45.5 < 20 * np.log10(speaking_rms(heard)) < -11.5


def test_an_echo_of_the_partner_reaches_a_silent_channel():
    partner = (0.1 * np.random.default_rng(0).standard_normal(48_000)).astype(np.float32)
    settings = Augmentation(clean=0.0, echo=1.0, noise=0.0, knocks=0.0)
    heard = augment(np.random.default_rng(1), np.zeros_like(partner), partner, settings)
    assert np.abs(heard).max() > 0.0


def test_noise_has_its_level():
    sound = noise(np.random.default_rng(0), 16_001, -40.0)
    assert len(sound) == 16_001
    assert 20 * np.log10(np.sqrt(np.mean(sound**2))) == pytest.approx(-40.0, abs=0.01)
