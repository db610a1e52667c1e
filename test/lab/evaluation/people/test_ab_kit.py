"""The blind comparison: shuffling, the folder, and the counting of answers."""

import csv
import json

import numpy as np
import pytest

from dystream_lab.evaluation.people import ab_kit, ab_videos
from dystream_lab.evaluation.sets.conversations import Conversation

CLIPS = [f"valid-{number:05d}/0" for number in range(6)]


def test_every_two_systems_meet_on_every_clip_and_each_is_left_half_of_the_time():
    made = ab_kit.pairs(["ours", "theirs", "teacher"], CLIPS, seed=3)
    assert [pair.number for pair in made] == list(range(1, 19))
    for two in ({"ours", "theirs"}, {"ours", "teacher"}, {"theirs", "teacher"}):
        of_two = [pair for pair in made if {pair.left, pair.right} == two]
        assert sorted(pair.clip for pair in of_two) == CLIPS
        assert len({pair.left for pair in of_two}) == 2
        assert sum(pair.left == min(two) for pair in of_two) == 3
    assert made == ab_kit.pairs(["ours", "theirs", "teacher"], CLIPS, seed=3)
    assert made != ab_kit.pairs(["ours", "theirs", "teacher"], CLIPS, seed=4)


@pytest.mark.parametrize(("systems", "clips"), [(["ours"], CLIPS), (["ours", "ours"], CLIPS), (["ours", "b"], [])])
def test_too_little_to_compare_is_refused(systems, clips):
    with pytest.raises(ValueError, match="comparison needs"):
        ab_kit.pairs(systems, clips, seed=0)


@pytest.fixture
def kit(tmp_path):
    made = ab_kit.pairs(["ours", "theirs"], CLIPS[:4], seed=0)
    ab_kit.build(tmp_path / "kit", made, lambda path, system, clip: path.write_text(f"{system} {clip}"))
    return tmp_path / "kit", made


def test_only_the_key_tells_which_is_which(kit):
    folder, made = kit
    for pair in made:
        for side in ("left", "right"):
            assert (folder / "clips" / pair.file(side)).read_text() == f"{getattr(pair, side)} {pair.clip}"
    shown = (folder / "index.html").read_text() + (folder / "scores.csv").read_text()
    assert "ours" not in shown
    assert "theirs" not in shown
    assert "valid-0" not in shown
    assert all(f"clips/{pair.file(side)}" in shown for pair in made for side in ("left", "right"))
    assert json.loads((folder / "key.json").read_text())[0].keys() == {"pair", "clip", "left", "right"}


def test_a_kit_is_never_overwritten(kit):
    folder, made = kit
    with pytest.raises(ValueError, match="has a kit already"):
        ab_kit.build(folder, made, lambda *_: None)


def answered(folder, made, answer, person: str = "1"):
    """A score sheet of a person."""
    with (folder / "scores.csv").open() as file:
        rows = list(csv.DictReader(file))
    for row, pair in zip(rows, made):
        row |= {"person": person, "lips": answer(pair)}
    path = folder / f"answers-{person}.csv"
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, rows[0].keys())
        writer.writeheader()
        writer.writerows(rows)
    return path


def test_answers_are_counted_for_the_system_that_was_shown(kit):
    folder, made = kit
    sheets = [answered(folder, made, lambda pair: "left" if pair.left == "ours" else "right", who) for who in "123"]
    found = ab_kit.score(folder / "key.json", sheets)
    share, low, high, answers = found["lips"]["ours over theirs"]
    assert (share, answers) == (1.0, 12)
    assert 0.7 < low < high <= 1.0
    assert found["alive"] == {}
    sheet = answered(folder, made, lambda pair: "same")
    assert ab_kit.score(folder / "key.json", [sheet])["lips"]["ours over theirs"][0] == 0.5


def test_a_wrong_answer_is_named(kit):
    folder, made = kit
    sheet = answered(folder, made, lambda pair: "leff")
    with pytest.raises(ValueError, match="'leff' is none of left, right, same"):
        ab_kit.score(folder / "key.json", [sheet])


def test_a_sheet_that_was_saved_twice_does_not_count_twice(kit):
    folder, made = kit
    sheet = answered(folder, made, lambda pair: "left")
    with pytest.raises(ValueError, match=r"'1' answers pair 1 in .*answers-1\.csv and in .*: leave out one of them"):
        ab_kit.score(folder / "key.json", [sheet, sheet])


def test_a_sheet_that_a_spreadsheet_saved_is_read(kit):
    folder, made = kit
    sheet = answered(folder, made, lambda pair: "same")
    sheet.write_text(sheet.read_text().replace(",", ";"), encoding="utf-8-sig")
    assert ab_kit.score(folder / "key.json", [sheet])["lips"]["ours over theirs"][3] == 4


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("one,two\n1,2\n", "is no score sheet: it lacks the column"),
        ("", "is no score sheet: it lacks the column"),
        ("person,pair,lips,listening,alive\n1,first,left,,\n", "scores pair 'first', which"),
        ("person,pair,lips,listening,alive\n1,99,left,,\n", "scores pair '99', which"),
        ("person,pair,lips,listening,alive\n1,1\n", "no answer in"),
    ],
)
def test_a_table_that_is_no_score_sheet_is_refused(kit, text, error):
    folder, _ = kit
    (folder / "odd.csv").write_text(text)
    with pytest.raises(ValueError, match=error):
        ab_kit.score(folder / "key.json", [folder / "odd.csv"])


def test_a_kit_whose_key_could_not_be_written_is_made_again(kit):
    folder, made = kit
    new = folder / "new"
    (new / "key.json").mkdir(parents=True)  # takes the place of a full disk
    with pytest.raises(OSError, match=r"key\.json"):
        ab_kit.build(new, made, lambda *_: None)
    (new / "key.json").rmdir()
    ab_kit.build(new, made, lambda *_: None)
    assert len(json.loads((new / "key.json").read_text())) == len(made)


def test_an_empty_score_sheet_is_reported(kit):
    folder, _ = kit
    with pytest.raises(ValueError, match="write left, right, same into the columns"):
        ab_kit.score(folder / "key.json", [folder / "scores.csv"])


def test_the_stretch_in_which_both_speak_is_shown():
    sound = np.arange(1000 * 640, dtype=np.float32)
    talk = Conversation(
        "a/0", sound, sound, ((20.0, 24.0, "AA"),), ((25.0, 29.0, "AA"),), (), np.zeros((1000, 58), np.float32)
    )
    [shown] = ab_videos.liveliest([talk], 3, 10.0)
    first = shown.self_audio[0] / 16_000
    assert first <= 20.0
    assert first + 10.0 >= 29.0
    assert shown.frames == 250
    assert len(shown.other_audio) == 250 * 640
