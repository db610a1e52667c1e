"""Turn taking, and the preparation of lines."""

import numpy as np
import pytest

from dystream_lab.corpus.cast import LAUGH, Line, prepare
from dystream_lab.corpus.dialogue import SCENARIOS, laughs_of, perform, plan
from dystream_lab.corpus.voice_change import VoiceChange
from dystream_lab.speech.phones import SILENCE
from dystream_lab.speech.speech import Speech


def say(party: int, role: str) -> Line:
    if role == "laugh":
        return Line(np.full(16_000, 0.05, np.float32), (), LAUGH)
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
    placed = plan(np.random.default_rng(1), 30.0, "lively", say)
    for party in (0, 1):
        sound, phones = perform(placed, party, 30 * 16_000)
        heard = np.zeros(len(sound), bool)
        for start, end, _ in phones:
            heard[round(start * 16_000) : round(end * 16_000)] = True
        for start, end in laughs_of(placed, party):
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
    line = prepare(
        Speech(samples, ((0.0, 1.0, "aa"), (1.0, 2.0, "m")), "a", "flite", "rms"), VoiceChange(1.25, 1.25, 1.25)
    )
    assert line.seconds == pytest.approx(1.6, abs=0.001)
    assert line.phones[0][1] == pytest.approx(0.8)


def test_people_laugh_a_few_times_in_ten_minutes_and_never_while_they_speak():
    laughs = 0
    for seed in range(40):
        placed = plan(np.random.default_rng(seed), 60.0, "dialogue", say)
        for party in (0, 1):
            lines = [(item.start, item.end) for item in placed if item.party == party and item.line.text != LAUGH]
            for start, end in laughs_of(placed, party):
                laughs += 1
                assert all(end <= first or last <= start for first, last in lines)
    assert 2.0 < laughs / 40 / 2 * 10 < 12.0
