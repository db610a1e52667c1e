"""Training reduces the loss, resumes at any step, and refuses settings that differ from the run."""

import dataclasses

import numpy as np
import pytest
import torch
from tiny_training import CONFIG, MODEL, logged

from dystream_lab.training import train as train_module
from dystream_lab.training.config import TrainingConfig
from dystream_lab.training.train import train
from dystream_lab.training.trainer import Trainer
from dystream_ros.models.compact.graph import file
from dystream_ros.models.compact.graph.model import GraphModel
from dystream_ros.models.registry import load_model
from dystream_ros.models.runtime import Runtime


def test_training_learns_and_its_weights_load(corpus, tmp_path):
    config = dataclasses.replace(CONFIG, steps=150, save_every=50)
    weights = train(corpus, tmp_path, config, MODEL)
    losses = [float(row["lips"]) for row in logged(tmp_path, "train")]
    assert np.mean(losses[-10:]) < 0.5 * np.mean(losses[:5])
    assert load_model(str(weights)).network.config == MODEL
    network = load_model(str(weights), Runtime(backend="onnx")).network
    assert file.beside(weights).is_file(), "the graph is written with the weights"
    assert isinstance(network, GraphModel)


def test_weights_whose_graph_cannot_be_written_are_kept(corpus, tmp_path, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    said: list[str] = []
    monkeypatch.setattr(file.GraphFile, "write", full)
    # Not by caplog: a package that another test imports may have switched off the loggers that were there.
    monkeypatch.setattr("dystream_lab.training.graph._LOG.warning", lambda text, *values: said.append(text % values))
    weights = train(corpus, tmp_path, CONFIG, MODEL)
    assert load_model(str(weights)).network.config == MODEL
    assert "No space left on device" in said[0]


def test_copies_of_the_weights_are_kept_to_be_averaged(corpus, tmp_path):
    """Also between the steps at which a run is saved."""
    train(corpus, tmp_path, dataclasses.replace(CONFIG, keep_every=2, save_every=3), MODEL)
    kept = sorted(path.name for path in tmp_path.glob("step-*.safetensors"))
    assert kept == ["step-00002.safetensors", "step-00004.safetensors", "step-00006.safetensors"]
    first, last, shipped = (
        load_model(str(tmp_path / name)).network.lips.weight for name in (kept[0], kept[-1], "model.safetensors")
    )
    assert torch.equal(last, shipped)
    assert not torch.equal(first, last)


def test_a_log_with_other_columns_is_refused_and_left_unchanged(corpus, tmp_path):
    train(corpus, tmp_path, dataclasses.replace(CONFIG, steps=3), MODEL)
    log = (tmp_path / "log.csv").read_text().replace("gaze shift", "events", 1)
    (tmp_path / "log.csv").write_text(log)
    with pytest.raises(ValueError, match="columns of an earlier version"):
        train(corpus, tmp_path, CONFIG, MODEL)
    assert (tmp_path / "log.csv").read_text() == log


def test_keep_every_below_one_is_refused():
    with pytest.raises(ValueError, match="keep_every is 0; accepted are 1 and more"):
        TrainingConfig(keep_every=0)


def test_a_resumed_run_ends_with_the_weights_of_an_uninterrupted_one(corpus, tmp_path, monkeypatch):
    straight = train(corpus, tmp_path / "straight", CONFIG, MODEL)

    descend = Trainer.descend

    def interrupted_at_step_4(self, batch):
        if self.step == 4:
            raise KeyboardInterrupt
        return descend(self, batch)

    with monkeypatch.context() as patch:
        patch.setattr(Trainer, "descend", interrupted_at_step_4)
        with pytest.raises(KeyboardInterrupt):
            train(corpus, tmp_path / "stopped", CONFIG, MODEL)
    resumed = train(corpus, tmp_path / "stopped", CONFIG, MODEL)
    first, second = (load_model(str(path)).network.state_dict() for path in (straight, resumed))
    assert all(torch.equal(first[name], second[name]) for name in first)


def test_a_run_of_an_earlier_version_is_refused_and_not_begun_again(corpus, tmp_path):
    (tmp_path / "checkpoint.pt").write_bytes(b"of an earlier version")
    with pytest.raises(ValueError, match=r"checkpoint\.pt was written by an earlier version"):
        train(corpus, tmp_path, CONFIG, MODEL)
    assert not (tmp_path / "log.csv").exists()


def test_a_run_that_was_killed_before_its_last_weights_writes_them(corpus, tmp_path, monkeypatch):
    straight = train(corpus, tmp_path / "straight", CONFIG, MODEL)

    def killed(self):
        if self._trainer.step == CONFIG.steps:
            raise KeyboardInterrupt
        written(self)

    written = train_module._Saving.write
    with monkeypatch.context() as patch:
        patch.setattr(train_module._Saving, "write", killed)
        with pytest.raises(KeyboardInterrupt):
            train(corpus, tmp_path / "killed", CONFIG, MODEL)
    resumed = train(corpus, tmp_path / "killed", CONFIG, MODEL)
    first, second = (load_model(str(path)).network.state_dict() for path in (straight, resumed))
    assert all(torch.equal(first[name], second[name]) for name in first)


def test_a_line_of_the_log_that_a_kill_has_cut_off_is_removed(corpus, tmp_path):
    train(corpus, tmp_path, dataclasses.replace(CONFIG, steps=3), MODEL)
    log = tmp_path / "log.csv"
    log.write_text(log.read_text() + "4,tra")
    train(corpus, tmp_path, CONFIG, MODEL)
    assert [int(row["step"]) for row in logged(tmp_path, "train")] == [1, 2, 3, 4, 5, 6]


def test_a_diverging_run_stops_and_goes_on_with_a_lower_rate(corpus, tmp_path, caplog):
    """The last checkpoint is that of finite weights."""
    train(corpus, tmp_path, dataclasses.replace(CONFIG, steps=3), MODEL)
    with pytest.raises(RuntimeError, match=r"diverges: at step \d+ .* lower --rate"):
        train(corpus, tmp_path, dataclasses.replace(CONFIG, rate=1e30, steps=60, save_every=60), MODEL)
    weights = train(corpus, tmp_path, dataclasses.replace(CONFIG, rate=1e-3), MODEL)
    assert all(torch.isfinite(value).all() for value in load_model(str(weights)).network.state_dict().values())
    assert "rate is 0.001 from step 3 on; it was 0.003" in caplog.text


def test_clips_shorter_than_the_settings_are_refused_before_training(corpus, tmp_path):
    with pytest.raises(ValueError, match="300 frames and 960 samples asked for; the longest clip has 250"):
        train(corpus, tmp_path, dataclasses.replace(CONFIG, encoder_frames=300), MODEL)
    assert not (tmp_path / "log.csv").exists()


def test_a_missing_device_is_named(corpus, tmp_path):
    config = dataclasses.replace(CONFIG, device="cuda:7")
    with pytest.MonkeyPatch.context() as patch, pytest.raises(ValueError, match="'cuda:7' was asked for"):
        patch.setattr(torch.cuda, "is_available", lambda: False)
        train(corpus, tmp_path, config, MODEL)


def test_a_run_is_not_resumed_with_other_settings(corpus, tmp_path):
    train(corpus, tmp_path, CONFIG, MODEL)
    with pytest.raises(ValueError, match="was begun with frames=40, and now frames=50 is given"):
        train(corpus, tmp_path, dataclasses.replace(CONFIG, frames=50), MODEL)


def test_the_message_for_a_missing_corpus_names_the_command_that_makes_one(tmp_path):
    with pytest.raises(FileNotFoundError, match="dystream corpus"):
        train(tmp_path / "none", tmp_path / "run", CONFIG, MODEL)
