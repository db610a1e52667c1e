"""The score of a stream of frames, and the sentences about recordings that have none."""

import numpy as np
import pytest

from dystream_lab.evaluation.measures import sync as section
from dystream_lab.evaluation.rows.loudness import LoudnessRow
from dystream_lab.evaluation.sets.utterance import Utterance
from dystream_lab.sync.lips import CHANNELS
from dystream_lab.sync.measure import Block, NoScore, measure, of_arrays
from dystream_lab.sync.score import SHIFTS


@pytest.fixture
def network(trainer):
    return trainer(1).network.eval()


@pytest.fixture
def recording(spoken) -> tuple[np.ndarray, np.ndarray]:
    """Sound of 8 s, and lips that move at random."""
    lips = np.random.default_rng(0).random((200, CHANNELS)).astype(np.float32)
    return np.tile(spoken, 4), lips


def test_blocks_of_any_length_give_the_same_score(network, recording):
    sound, lips = recording
    whole = measure(network, of_arrays(sound, lips), "whole")
    for size in (1, 3, 77):
        blocks = [
            Block(sound[640 * first : 640 * (first + size)], lips[first : first + size])
            for first in range(0, len(lips), size)
        ]
        blocks[-1] = Block(blocks[-1].sound[: 640 * blocks[-1].frames], blocks[-1].face)
        np.testing.assert_allclose(measure(network, blocks, "parts").distances, whole.distances, atol=1e-5)
    assert whole.windows == 200 - 4 - 30


def test_recordings_without_a_score_say_why(network, recording):
    sound, lips = recording
    with pytest.raises(NoScore, match=r"a\.mp4 has no sound: its 8\.0 s are silent"):
        measure(network, of_arrays(np.zeros_like(sound), lips), "a.mp4")
    with pytest.raises(NoScore, match=r"a\.mp4 shows no face in 8\.0 s"):
        measure(network, of_arrays(sound, np.full_like(lips, np.nan)), "a.mp4")
    with pytest.raises(NoScore, match=r"a\.mp4 is too short: 2\.0 s with a face in 2\.0 s; a score needs 2\.4 s"):
        measure(network, of_arrays(sound[:32000], lips), "a.mp4")
    rare = lips.copy()
    rare[np.arange(200) % 4 == 0] = np.nan  # no five frames in a row
    with pytest.raises(NoScore, match=r"8\.0 s with a face in 6\.0 s"):
        measure(network, of_arrays(sound, rare), "a.mp4")


def test_a_cut_begins_anew(network, recording):
    sound, lips = recording
    blocks = [*of_arrays(sound, lips), *of_arrays(sound, lips)]
    once = measure(network, of_arrays(sound, lips), "once")
    twice = measure(network, blocks, "twice")
    assert twice.windows == 2 * once.windows
    np.testing.assert_allclose(twice.distances, once.distances, rtol=1e-6)


def test_a_set_has_the_means_of_its_recordings_and_the_offset_of_all(network, spoken):
    utterances = [Utterance(str(n), "own", "a", np.roll(np.tile(spoken, 4), 900 * n), ()) for n in range(3)]
    short = Utterance("short", "own", "a", spoken, ())
    row = LoudnessRow()
    motions = row.motions([*utterances, short], 0)
    tallies = [section.tally(network, *pair) for pair in zip([*utterances, short], motions)]
    assert not tallies[-1].any()
    [(group, found)] = section.compare(network, [row], {"own": [*utterances, short]})
    assert group == "own"
    summary = found[row.name]
    assert list(summary) == ["LSE-C", "LSE-D", "offset ms", "offset within 40 ms"]
    assert summary["LSE-C"][0] == pytest.approx(np.mean([each[0] for each in tallies[:3]]))
    distances = np.mean([each[4:] for each in tallies[:3]], 0)
    assert summary["offset ms"][0] == 40 * SHIFTS[distances.argmin()]
    with pytest.raises(ValueError, match=r"no recording of the set own is long enough for a score: 2\.4 s"):
        list(section.compare(network, [row], {"own": [short]}))


def test_a_draw_without_a_score_has_no_offset():
    """Of few recordings that are long enough, a draw of the bootstrap may have none."""
    measured = section.measures(np.zeros((2, 4 + len(SHIFTS))))
    assert np.isnan(measured["offset ms"]).all()
    assert np.isnan(measured["LSE-C"]).all()
