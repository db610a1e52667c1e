"""Rows of the comparison on a recording of two seconds."""

import numpy as np
import pytest

from dystream_lab.evaluation.reports import comparison
from dystream_lab.evaluation.rows.cascade import CascadeRow, effort_so_far, intervals, likeliest, windows
from dystream_lab.evaluation.rows.catalogue import create
from dystream_lab.evaluation.rows.files import FilesRow
from dystream_lab.evaluation.rows.loudness import LoudnessRow
from dystream_lab.evaluation.rows.oracle import OracleRow
from dystream_lab.evaluation.rows.oscillator import OscillatorRow
from dystream_lab.evaluation.rows.other_utterance import OtherUtteranceRow
from dystream_lab.evaluation.rows.phone_classifier import LOOKAHEADS, places
from dystream_lab.evaluation.sets.utterance import Utterance, padded
from dystream_lab.speech.phones import PHONE_INDEX, PHONES, SILENCE
from dystream_lab.teacher.teacher import MOTION_NAMES
from dystream_ros.face.aperture import aperture
from dystream_ros.face.arkit import ARKIT_INDEX


@pytest.fixture(scope="module")
def utterances(spoken) -> list[Utterance]:
    first = ((0.1, 0.3, "B"), (0.3, 0.8, "AA"), (0.8, 1.0, "M"), (1.0, 1.7, "UW"))
    second = ((0.2, 0.5, "IY"), (0.5, 0.7, "P"), (0.7, 1.6, "AE"))
    made = [Utterance("one", "test", "a/a", spoken, first), Utterance("two", "test", "a/a", spoken[::-1], second)]
    return [padded(utterance, 0.5, 0.5) for utterance in made]


@pytest.mark.parametrize("row", [OracleRow(), OscillatorRow(2), LoudnessRow(), OtherUtteranceRow(2)])
def test_every_row_moves_each_recording_for_as_long_as_it_lasts(row, utterances):
    for seed in range(row.seeds):
        made = row.motions(utterances, seed)
        assert [motion.shape for motion in made] == [(u.frames, len(MOTION_NAMES)) for u in utterances]
        again = row.motions(utterances, seed)
        assert all(np.array_equal(first, second) for first, second in zip(made, again))


def test_the_comparison_tells_knowledge_from_guessing(utterances):
    results = dict(comparison.compare([OracleRow(), OscillatorRow(2)], {"test": utterances, "valid": utterances}))
    oracle, blind = (results["test"][name].summary for name in ("oracle", "6 Hz oscillator"))
    assert list(results) == ["valid", "test"]
    assert oracle["P B M capped"][0] == 1.0
    assert oracle["false P B M capped /s"][0] <= 0.5
    assert abs(blind["correlation"][0]) < 0.5
    assert results["test"]["oracle"].as_json()["voices"]["a/a"]["correlation"] == pytest.approx(1.0)


def test_without_validation_voices_there_are_no_capped_measures(utterances):
    summary = dict(comparison.compare([OracleRow()], {"test": utterances}))["test"]["oracle"].summary
    assert "P B M fixed" in summary
    assert "P B M capped" not in summary


def test_loudness_opens_the_jaw_where_there_is_sound(utterances):
    jaw = LoudnessRow().motions(utterances, 0)[0][:, ARKIT_INDEX["jawOpen"]]
    assert jaw[:10].max() == 0.0
    assert jaw[15:55].mean() > 0.2


def test_files_made_elsewhere_are_read_by_their_names(utterances, tmp_path):
    folder = tmp_path / "theirs" / "test"
    folder.mkdir(parents=True)
    jaw = np.linspace(0, 1, utterances[0].frames)
    lines = ["frame,jawOpen,unknown"] + [f"{k},{value:.6f},7" for k, value in enumerate(jaw)]
    (folder / "one.csv").write_text("\n".join(lines) + "\n")
    row = FilesRow(tmp_path / "theirs")
    motion = row.motions(utterances[:1], 0)[0]
    assert np.allclose(aperture(motion[:, :52]), jaw, atol=1e-4)
    with pytest.raises(FileNotFoundError, match=r"no two\.npz or \.csv"):
        row.motions(utterances, 0)
    (folder / "one.csv").write_text("\n".join(lines[:9]) + "\n")
    with pytest.raises(ValueError, match="has 8 frames of 40 ms; the recording has 75"):
        row.motions(utterances[:1], 0)


def test_files_made_elsewhere_that_are_no_motion_are_named(utterances, tmp_path):
    folder = tmp_path / "theirs" / "test"
    folder.mkdir(parents=True)
    row, frames = FilesRow(tmp_path / "theirs"), utterances[0].frames
    path = folder / "one.csv"
    for text, error in (
        ("frame,jawOpen\n", "it has no frames"),
        ("frame,jawOpen\n0\n", "is no motion of `dystream motion`"),
        ("frame,jawOpen\n0,wide\n", "is no motion of `dystream motion`.*'wide'"),
        ("jawOpen\n" + "nan\n" * frames, "has values that are no finite numbers"),
    ):
        path.write_text(text)
        with pytest.raises(ValueError, match=rf"one\.csv.*{error}|one\.csv {error}"):
            row.motions(utterances[:1], 0)
    path.unlink()
    np.savez(folder / "one.npz", motion=np.zeros((frames, 52)))
    with pytest.raises(ValueError, match=r"one\.npz is no motion of `dystream motion`"):
        row.motions(utterances[:1], 0)
    (folder / "one.npz").write_text("Dear reader")
    with pytest.raises(ValueError, match=r"one\.npz is no motion of `dystream motion`"):
        row.motions(utterances[:1], 0)


def test_an_unknown_row_is_named_with_the_known_ones(tmp_path):
    with pytest.raises(ValueError, match="no row 'guess'; there are oracle"):
        create("guess", 1, tmp_path)


def test_the_cascade_depends_on_at_most_60_ms_past_a_frame(utterances):
    row, whole = CascadeRow(), utterances[0]
    frame = 30
    heard = 640 * (frame + 1) + 960
    cut = whole.samples.copy()
    cut[heard:] = 0.0
    changed = Utterance("cut", "test", "a/a", cut, whole.phones)
    before, after = (row.motions([utterance], 0)[0] for utterance in (whole, changed))
    assert np.array_equal(before[: frame + 1], after[: frame + 1])
    assert not np.array_equal(before, after)


def test_the_cascade_uses_the_longest_available_lookahead_of_each_value():
    steps, lookaheads = 40, len(LOOKAHEADS)
    named = places(steps)[..., None] * np.ones(len(PHONES))
    made = windows(named, 15, 40)
    for frame in (12, 14):
        latest = (frame + 1) * 4 + 6
        assert made[frame, :, 0].tolist() == list(range(latest - 39, latest + 1))
    told = np.broadcast_to(np.arange(lookaheads)[:, None], (steps, lookaheads, len(PHONES)))
    ahead = windows(told, 15, 40)[14, ::-1, 0]
    assert ahead[:10].tolist() == list(range(10))
    assert set(ahead[10:].tolist()) == {8, 9}


def test_the_cascade_suppresses_phones_that_are_too_short():
    chances = np.full((1, 20, len(PHONES)), -5.0)
    for place, phone in enumerate([SILENCE] * 5 + ["B"] * 6 + ["D"] + ["AA"] * 8):
        chances[0, place, PHONE_INDEX[phone]] = -0.5
    decided = [PHONES[phone] for phone in likeliest(chances, 6.0)[0]]
    assert decided[:5] == [SILENCE] * 5
    assert "D" not in decided
    assert decided[-8:] == ["AA"] * 8
    assert "D" in [PHONES[phone] for phone in likeliest(chances, 0.1)[0]]


def test_phones_of_a_cascade_change_half_way_between_instants():
    phones = np.array([0] * 5 + [PHONE_INDEX["B"]] * 7 + [PHONE_INDEX["AA"]] * 8)
    assert intervals(phones) == [(0.045, 0.115, "B"), (0.115, 0.195, "AA")]


def test_the_cascade_opens_wider_with_loudness_once_the_usual_level_is_known():
    level = np.repeat([-90.0, -26.0, -16.0], [100, 200, 60])
    assert np.array_equal(effort_so_far(level[:120], 70), np.ones(70))
    assert effort_so_far(level[:250], 70)[20:] == pytest.approx(1.0, abs=0.02)
    assert effort_so_far(level, 70)[-1] == pytest.approx(1.2, abs=0.02)
