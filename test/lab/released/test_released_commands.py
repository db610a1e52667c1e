"""The commands that a lab runs once, end to end on tiny weights."""

import json
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import soundfile
import torch
from safetensors.torch import load_file

from dystream_lab.released import landmark_reader, study
from dystream_ros.cli import main
from dystream_ros.engine.session import Session
from dystream_ros.models.errors import ModelError
from dystream_ros.models.registry import load_model
from dystream_ros.models.released.files import loading, weights
from dystream_ros.models.released.files.portrait import PortraitCodes

GOLDEN = Path(__file__).parents[2] / "data" / "released" / "motion_generator_tiny.safetensors"
SIZES = ["--any-size", "--heads", "4", "--encoder-heads", "2", "--window", "12"]


@pytest.fixture
def folder(tmp_path):
    """A converted tiny model, a model file that asks for students, and some sound."""
    golden = load_file(GOLDEN)
    state = {"model." + key.removeprefix("weights/"): t for key, t in golden.items() if key.startswith("weights/")}
    torch.save({"state_dict": state}, tmp_path / "last.ckpt")
    checkpoint = ["--checkpoint", str(tmp_path / "last.ckpt")]
    assert main(["convert", *checkpoint, "-o", str(tmp_path / "model"), *SIZES]) == 0
    (tmp_path / "students.yaml").write_text("family: released\nweights: model\nencoder: student\nwindow: 0.96\n")
    (tmp_path / "speech").mkdir()
    sound = (0.1 * np.random.default_rng(0).standard_normal(16_000 * 8)).astype(np.float32)
    soundfile.write(tmp_path / "speech" / "a.wav", sound, 16_000)
    return tmp_path


def test_distilled_students_run_where_the_model_file_asks_for_them(folder):
    with pytest.raises(ModelError, match="distill-encoder"):
        load_model(str(folder / "students.yaml"))
    options = ["--model", str(folder / "model"), "--speech", str(folder / "speech"), "--run", str(folder / "run")]
    short = ["--steps", "2", "--batch", "2", "--seconds", "1.2", "--window", "0.96", "--device", "cpu"]
    assert main(["distill-encoder", *options, *short]) == 0
    errors = json.loads((folder / "run" / "self" / "evaluation.json").read_text())
    assert errors["lookahead_ms"] == 60
    session = Session(load_model(str(folder / "students.yaml")).network)
    quiet = np.zeros(session.samples_needed, np.float32)
    assert np.isfinite(session.step(quiet, quiet).latent).all()


def test_study_writes_its_tables(folder, monkeypatch):
    monkeypatch.setattr(study, "LOOKAHEADS_MS", (60,))
    monkeypatch.setattr(study, "WINDOWS_S", (0.96,))
    options = ["--model", str(folder / "model"), "--speech", str(folder / "speech"), "--seconds", "2"]
    assert main(["study", *options, "-o", str(folder / "study.md")]) == 0
    rows = json.loads((folder / "study.json").read_text())
    assert [row["table"] for row in rows] == ["floor", "lookahead", "window", "precision", "precision"]
    assert "| lookahead | 60 ms |" in (folder / "study.md").read_text()


def test_calibration_reports_a_missing_portrait(folder, capsys):
    (folder / "plain.yaml").write_text("family: released\nweights: model\n")
    options = ["--model", str(folder / "plain.yaml"), "--speech", str(folder / "speech")]
    assert main(["calibrate", *options, "--seconds", "4"]) == 2
    assert "portrait" in capsys.readouterr().err


class Canvas:
    """A stand-in for the published renderer: a "picture" is the motion itself."""

    def __init__(self, interrupted_at=None):
        self.drawn, self.interrupted_at = 0, interrupted_at

    def render(self, motion):
        if self.drawn == self.interrupted_at:
            raise KeyboardInterrupt
        self.drawn += 1
        return motion.latent

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass


class Glance(Canvas):
    """A stand-in for the landmarker: what it reads off a motion is linear in it."""

    def set_neutral(self, picture):
        self.neutral = picture

    def look(self, picture):
        return np.resize(picture - self.neutral, 58)

    def numbers(self, looks):
        return looks


def test_an_interrupted_calibration_goes_on_and_names_the_motion(folder, monkeypatch, capsys):
    sound = 0.1 * np.random.default_rng(1).standard_normal(16_000 * 24)
    soundfile.write(folder / "speech" / "b.wav", sound, 16_000)
    PortraitCodes(torch.zeros(16), torch.zeros(1)).save(folder / "face.safetensors")
    (folder / "me.yaml").write_text("family: released\nweights: model\nportrait: face.safetensors\n")
    affine = torch.randn(64, 16, generator=torch.Generator().manual_seed(0)), torch.zeros(64)
    estimator = SimpleNamespace(flow_estimator=SimpleNamespace(affine=lambda: affine))
    draws = np.random.default_rng(2)
    moved = SimpleNamespace(
        offline=lambda mine, *_: (SimpleNamespace(latent=draws.standard_normal(16)) for _ in range(len(mine) // 640))
    )
    monkeypatch.setattr(loading, "load", lambda path: moved)
    monkeypatch.setattr(weights, "load_autoencoder", lambda folder: estimator)
    monkeypatch.setattr(landmark_reader, "LandmarkReader", Glance)
    command = ["calibrate", "--model", str(folder / "me.yaml"), "--speech", str(folder / "speech"), "--motions", "210"]
    canvases = [Canvas(interrupted_at=150), Canvas()]
    turns = iter(canvases)
    monkeypatch.setattr(loading, "load_renderer", lambda path: next(turns))
    command += ["--seconds", "8.4"]
    assert main(command) == 130
    assert main(command) == 0
    assert canvases[1].drawn == 1 + 210 - 149
    assert "| jawOpen | 1.00 |" in capsys.readouterr().out
    assert (folder / "model" / "readout.safetensors").is_file()
