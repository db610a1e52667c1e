"""The statistics of a corpus with known motion."""

import json

import numpy as np
import pytest

from dystream_lab.corpus.corpus import write_index
from dystream_lab.corpus.dataset import ConversationDataset
from dystream_lab.evaluation.reports.corpus_statistics import clips_within, count, summarise, table
from dystream_lab.teacher.pulses import frame_times, nod, plateau
from dystream_lab.teacher.teacher import MOTION_NAMES
from dystream_ros.cli import main
from dystream_ros.face.arkit import ARKIT_INDEX

FRAMES = 1500  # a minute
PITCH = MOTION_NAMES.index("headPitch")
# Party 1 speaks for four seconds out of six, party 0 says a little word once, and takes one turn.
PARTNER = [(at, at + 4.0, "AA") for at in (1.0, 7.0, 13.0, 19.0, 25.0, 31.0, 37.0)]
OWN = [(29.4, 29.8, "M"), (41.5, 50.0, "AA")]


def moving() -> np.ndarray:
    """Motion (FRAMES, 58) that nods half a second after each of the partner's phrases but the last, and blinks twice.

    It smiles once while listening and raises its brows once while speaking.
    """
    motion, times = np.zeros((FRAMES, len(MOTION_NAMES)), np.float32), frame_times(FRAMES)
    for _, end, _ in PARTNER[:-1]:
        motion[:, PITCH] += 0.06 * nod(times, end + 0.5, 0.44, 1)
    for start, depth in ((100, 1.0), (900, 0.5)):
        motion[start : start + 4, [ARKIT_INDEX["eyeBlinkLeft"], ARKIT_INDEX["eyeBlinkRight"]]] = depth
    for side in ("Left", "Right"):
        motion[:, ARKIT_INDEX[f"mouthSmile{side}"]] = 0.4 * plateau(times, 20.0, 3.0, 0.5)
    motion[:, ARKIT_INDEX["browInnerUp"]] = 0.3 * plateau(times, 45.0, 1.0, 0.3)
    return motion


def write(root, faces: int, labelled: bool):
    """A corpus of one clip to train on, and one to validate, with so many faces."""
    entries = []
    for split in ("train", "valid"):
        folder = root / "clips" / split
        folder.mkdir(parents=True)
        np.save(folder / "audio.npy", np.zeros((FRAMES * 640, 2), np.int16))
        np.save(folder / "motion.npy", np.stack([moving(), 0 * moving()])[:faces])
        labels = [
            {
                "phones": phones,
                "opportunities": [end for start, end, _ in heard if end - start > 1.0],
                "lines": [[1.0, 2.0, "So it was (broken off)"]] if labelled else [],
                "laughs": [3.0] if labelled else [],
                "nods": [],
            }
            for phones, heard in ((OWN, PARTNER), (PARTNER, OWN))
        ]
        (folder / "labels.json").write_text(json.dumps(labels))
        entries.append({"id": split, "split": split, "frames": FRAMES, "voices": [], "parties": list(range(faces))})
    write_index(root, {}, entries)
    return root


def of(root) -> dict:
    return summarise(face for faces in count(ConversationDataset(root, "train"), 1.0) for face in faces)


@pytest.fixture
def videos(tmp_path):
    return write(tmp_path, faces=1, labelled=False)


def test_events_are_counted_overall_and_while_listening(videos):
    found = {name: values[0] for name, values in of(videos).items()}
    assert found["blinks /min"] == 2.0
    assert found["blinks half-closed"] == 0.5
    assert found["blinks /min speaking"] == 0.0
    assert found["blinks /min listening"] > 2.0
    assert found["smiles /min"] == 1.0
    assert found["smiles /min listening"] > 1.0
    assert found["raised brows /min"] == 1.0
    assert found["raised brows /min listening"] == 0.0
    assert found["nods /min, 0.2 to 1.5 s after a phrase"] > 20.0
    assert found["nods /min elsewhere while listening"] == 0.0
    assert found["time smiling above 0.25"] == pytest.approx(2.4 / 60, abs=0.01)


def test_beats_and_wide_mouths_are_measured_where_a_face_talks(tmp_path):
    write(tmp_path, faces=2, labelled=False)
    assert np.isnan(of(tmp_path)["power of the pitch at 2 to 5 Hz, of faces who talk"][0])
    faces = np.load(tmp_path / "clips" / "train" / "motion.npy")
    times = frame_times(FRAMES)
    faces[1, :, PITCH] = 0.02 * np.sin(2 * np.pi * 0.3 * times) + 0.01 * np.sin(2 * np.pi * 3.0 * times)
    faces[1, 25:75, ARKIT_INDEX["jawOpen"]] = 0.7  # two seconds of the 28 that it speaks
    np.save(tmp_path / "clips" / "train" / "motion.npy", faces)
    found = of(tmp_path)
    assert found["power of the pitch at 2 to 5 Hz, of faces who talk"][0] == pytest.approx(0.2, abs=0.02)
    assert found["own speech with the mouth wide open"][0] == pytest.approx(2.0 / (28.0 + 8.9), abs=0.005)


def test_turn_taking_is_measured_from_both_voices(videos):
    found = of(videos)
    assert found["time speaking"][0] == pytest.approx(8.9 / 60, abs=0.002)
    assert found["time both speak"][0] == 0.0
    assert found["short answers /min, of both"][0] == 1.0
    assert found["gap between turns, s"] == pytest.approx([0.5, 0.5, 0.5])
    assert found["turns begun in overlap"][0] == 0.0


def test_laughs_and_lines_are_counted_only_with_labels(videos, tmp_path_factory):
    assert not [name for name in of(videos) if "laughs" in name or "lines" in name]
    staged = of(write(tmp_path_factory.mktemp("staged"), faces=2, labelled=True))
    assert staged["laughs /min, of both"][0] == staged["lines broken off /min, of both"][0] == 2.0
    assert staged["blinks /min"] == pytest.approx([1.0, 0.1, 1.9])


def test_only_so_many_hours_are_counted_and_at_least_a_clip(videos):
    dataset = ConversationDataset(videos, "train")
    assert clips_within(dataset, 1.0) == 1
    assert clips_within(dataset, 0.0) == 1


def test_unknown_measures_are_shown_without_a_number():
    assert "| gap | none |  |" in table({"gap": [np.nan, np.nan, np.nan]})


def test_the_command_prints_and_writes_the_figures(videos, tmp_path, capsys):
    figures = tmp_path / "figures.json"
    assert main(["corpus", "statistics", str(videos), "--json", str(figures)]) == 0
    assert "| blinks /min | 2 | 2 to 2 |" in capsys.readouterr().out
    assert json.loads(figures.read_text())["faces"] == 1
    assert main(["corpus", "statistics"]) == 2
    assert "statistics FOLDER" in capsys.readouterr().err
    assert main(["corpus", str(tmp_path / "other"), "--json", str(figures)]) == 2
    assert "statistics" in capsys.readouterr().err
