"""dystream cascade on a corpus of two clips."""

import json

import numpy as np

from dystream_lab.evaluation.rows import phone_classifier as cascade
from dystream_ros import cli


def write_corpus(root) -> None:
    phones = [[1.0 + 0.1 * number, 1.1 + 0.1 * number, phone] for number, phone in enumerate(["M", "AA"] * 15)]
    entries = []
    for split in ("train", "valid"):
        folder = root / "clips" / split
        folder.mkdir(parents=True)
        noise = np.random.default_rng(0).normal(0.0, 1000.0, (16_000 * 6, 2))
        np.save(folder / "audio.npy", noise.astype(np.int16))
        (folder / "labels.json").write_text(json.dumps([{"phones": phones}, {"phones": []}]))
        entries.append({"id": split, "split": split, "frames": 150, "voices": ["x/a", "x/b"]})
    index = {"hop": 640, "frames_per_second": 25, "motion_names": [], "clips": entries}
    (root / "index.json").write_text(json.dumps(index))


def test_new_weights_do_not_replace_the_shipped_ones(tmp_path, monkeypatch, capsys):
    write_corpus(tmp_path / "corpus")
    shipped = cascade.WEIGHTS.read_bytes()
    monkeypatch.chdir(tmp_path)
    assert cli.main(["cascade", "corpus", "--steps", "2"]) == 0
    text = capsys.readouterr().out
    assert "correct phone, lookahead 60 ms, validation voices: 0." in text
    assert cascade.load(tmp_path / "runs" / "cascade.safetensors")
    assert cascade.WEIGHTS.read_bytes() == shipped


def test_a_missing_corpus_is_reported_before_training(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert cli.main(["cascade", "corpus"]) == 2
    assert "no corpus in corpus" in capsys.readouterr().err
