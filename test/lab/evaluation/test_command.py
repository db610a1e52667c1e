"""`dystream evaluate` from end to end, on a small corpus and a model with random weights."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from dystream_lab.evaluation.reports import sections
from dystream_ros.cli import main
from dystream_ros.models.compact import weights
from dystream_ros.models.compact.config import CompactConfig
from dystream_ros.models.compact.model import CompactModel
from dystream_ros.models.compact.weights_file import sha256

FRAMES = 300


@pytest.fixture
def model(tmp_path) -> Path:
    torch.manual_seed(0)
    sizes = {"self_channels": 8, "other_channels": 8, "self_features": 16, "other_features": 8}
    path = tmp_path / "small.safetensors"
    weights.save(CompactModel(CompactConfig(**sizes, self_rounds=1, width=16, blocks=1, head_width=16)), path)
    return path


@pytest.fixture
def corpus(tmp_path) -> Path:
    """One validation clip: party 0 speaks, then party 1."""
    return write_corpus(tmp_path / "corpus", 1)


def write_corpus(root: Path, clips: int, video: bool = False) -> Path:
    """A corpus of equal validation clips; from videos they have one face and no phones."""
    entries = [_write_clip(root / "clips" / f"valid-{number}", video) for number in range(clips)]
    settings = {"source": "video"} if video else {"hours": 0.1, "seed": 4}
    index = {"hop": 640, "frames_per_second": 25, "motion_names": [], "settings": settings, "clips": entries}
    (root / "index.json").write_text(json.dumps(index))
    return root


def _write_clip(folder: Path, video: bool) -> dict:
    rng = np.random.default_rng(0)
    folder.mkdir(parents=True)
    np.save(folder / "audio.npy", (3000 * rng.standard_normal((FRAMES * 640, 2))).astype(np.int16))
    np.save(folder / "motion.npy", (0.1 * rng.random((1 if video else 2, FRAMES, 58))).astype(np.float32))
    words = ("B", "AA", "M", "UW", "F", "IY", "P", "AE", "V", "OW")
    labels = []
    for start in (1.0, 6.0):
        phones = [[start + 0.2 * n, start + 0.2 * (n + 1), "?" if video else words[n % 10]] for n in range(20)]
        labels.append({"phones": phones, "opportunities": [8.0], "nods": [8.4], "blinks": [], "laughs": []})
    (folder / "labels.json").write_text(json.dumps(labels))
    entry = {"id": folder.name, "split": "valid", "frames": FRAMES, "voices": ["a/b", "c/d"]}
    return entry | ({"parties": [0]} if video else {})


def test_figures_are_printed_and_written_with_their_provenance(model, corpus, tmp_path, capsys):
    report = tmp_path / "lips.json"
    wanted = ["evaluate", "lips", "--sets", "valid", "--corpus", str(corpus), "--model", str(model), "--seeds", "2"]
    assert main([*wanted, "--rows", "oracle", "oscillator", "--json", str(report), "--pictures", str(tmp_path)]) == 0
    printed = capsys.readouterr().out
    assert "lips, valid: 2 utterances" in printed
    assert "P B M at 0.5 /s" in printed
    assert "6 Hz oscillator" in printed
    written = json.loads(report.read_text())
    assert written["run"]["weights"] == {str(model): sha256(model)}
    assert written["run"]["corpus"] == {"hours": 0.1, "seed": 4}
    rows = written["lips"]["valid"]
    assert rows["oracle"]["summary"]["P B M fixed"][0] == 1.0
    assert len(rows) == 3
    assert list(tmp_path.glob("*.jpg")) or list(tmp_path.glob("*.png"))


def test_unusable_arguments_are_reported(corpus, model, capsys):
    assert main(["evaluate", "smell", "--corpus", str(corpus)]) == 2
    assert "no section 'smell'; there are lips" in capsys.readouterr().err
    assert main(["evaluate", "listening", "--model", str(model)]) == 2
    assert "give --corpus FOLDER" in capsys.readouterr().err
    assert main(["evaluate", "lips", "listening", "--corpus", str(corpus), "--model", str(model)]) == 2
    assert "listening compares a partner with those of other conversations, and there is one" in capsys.readouterr().err


def test_the_figures_of_a_section_are_kept_when_a_later_one_fails(model, corpus, tmp_path, monkeypatch, capsys):
    def fail(setting):
        raise OSError("no space left")

    monkeypatch.setitem(sections.SECTIONS, "loop", lambda setting: {"model": {"share": [0.5, float("nan"), 1.0]}})
    monkeypatch.setitem(sections.SECTIONS, "stillness", fail)
    report = tmp_path / "report.json"
    line = ["evaluate", "loop", "stillness", "--corpus", str(corpus), "--model", str(model), "--seeds", "1", "--rows"]
    assert main([*line, "--json", str(report)]) == 2
    assert "no space left" in capsys.readouterr().err

    def no_json(constant: str):
        raise AssertionError(f"{constant} is no JSON")

    written = json.loads(report.read_text(), parse_constant=no_json)
    assert written["loop"] == {str(model): {"share": [0.5, None, 1.0]}}
    assert written["run"]["weights"] == {str(model): sha256(model)}


def test_listening_is_measured_on_a_corpus_from_videos_and_lips_say_what_it_lacks(model, tmp_path, capsys):
    corpus = write_corpus(tmp_path / "own", 2, video=True)
    line = ["--corpus", str(corpus), "--model", str(model), "--seeds", "1", "--rows"]
    assert main(["evaluate", "listening", *line]) == 0
    assert "nods /min listening" in capsys.readouterr().out
    for wanted in (["lips", "--sets", "valid"], ["chance"]):
        assert main(["evaluate", *wanted, *line]) == 2
        assert f"the speech of the corpus in {corpus} has no phones" in capsys.readouterr().err
