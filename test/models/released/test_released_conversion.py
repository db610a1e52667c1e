"""Checkpoints of the published format become files that load to the averaged weights."""

import json

import pytest
import torch

from dystream_ros.cli import main
from dystream_ros.models.released.files import hub
from dystream_ros.models.released.files.conversion import averaged_weights, convert_generator, convert_renderer
from dystream_ros.models.released.files.weights import load_autoencoder, load_generator

TINY = {"any_size": True, "heads": 4, "encoder_heads": 2, "window": 12}


@pytest.fixture
def checkpoint(tiny_state, released_data):
    """A Lightning checkpoint as published, tiny: raw weights are zeros, averages the golden ones, in their order."""
    buffers = ("cos_angles", "sin_angles", "pe.pe")
    return {
        "state_dict": {"model." + key: torch.zeros_like(value) for key, value in in_published_order(tiny_state)},
        "ema_state": {
            "decay": 0.999,
            "num_updates": 300_000,
            "shadow_params": [value for key, value in in_published_order(tiny_state) if not key.endswith(buffers)],
            "collected_params": None,
        },
        "optimizer_states": [{"state": {0: {"exp_avg": torch.zeros(3)}}}],
        "epoch": 3,
        "pytorch-lightning_version": "2.1.0",
    }


def in_published_order(state):
    """An order that is not alphabetical, unlike that of a safetensors file."""
    return sorted(state.items(), key=lambda item: hash(item[0]) % 1000 + len(item[0]))


@pytest.fixture
def saved(checkpoint, tmp_path):
    path = tmp_path / "last.ckpt"
    torch.save(checkpoint, path)
    return path


def test_converted_generator_is_the_averaged_one(saved, tmp_path, tiny_generator):
    conversion = convert_generator(saved, tmp_path / "model", **TINY)
    loaded = load_generator(tmp_path / "model")
    assert loaded.config == tiny_generator.config
    for key, value in tiny_generator.state_dict().items():
        assert torch.equal(loaded.state_dict()[key], value), key
    assert conversion.report.usable
    assert not conversion.report.unexpected
    assert "0.999" in conversion.notes[0]
    assert conversion.target_bytes < conversion.source_bytes


def test_each_average_replaces_the_parameter_at_its_place_in_the_published_order(released_data):
    lines = (released_data / "motion_generator_manifest.tsv").read_text().splitlines()[1:]
    parameters = (released_data / "motion_generator_parameter_order.txt").read_text().split()
    averages = [torch.tensor(place) for place in range(len(parameters))]
    state, _ = averaged_weights(
        {
            "state_dict": {"model." + line.split("\t")[0]: torch.tensor(-1) for line in lines},
            "ema_state": {"shadow_params": averages, "decay": 0.999, "num_updates": 1},
        }
    )
    assert {name: int(weight) for name, weight in state.items() if weight >= 0} == {
        name: place for place, name in enumerate(parameters)
    }
    assert all(name.endswith(("cos_angles", "sin_angles", "pe.pe")) for name, weight in state.items() if weight < 0)


def test_a_file_of_another_size_is_refused_by_default(saved, tmp_path):
    with pytest.raises(ValueError, match="7,730,126,719"):
        convert_generator(saved, tmp_path)


def test_a_file_with_another_hash_than_the_recorded_one_is_refused(saved, tmp_path):
    hub.record_checksum(saved, "0" * 64)
    with pytest.raises(ValueError, match="SHA-256"):
        convert_generator(saved, tmp_path, **TINY)


def test_a_damaged_or_foreign_file_is_refused(tmp_path):
    path = tmp_path / "last.ckpt"
    path.write_bytes(b"not a checkpoint")
    with pytest.raises(ValueError, match=r"last\.ckpt"):
        convert_generator(path, tmp_path, **TINY)
    torch.save({"weights": torch.zeros(3)}, path)
    with pytest.raises(ValueError, match="state_dict"):
        convert_generator(path, tmp_path, **TINY)


class Payload:
    def __reduce__(self):
        return print, ("run",)


def test_objects_in_a_checkpoint_are_never_run(checkpoint, tmp_path, capsys):
    path = tmp_path / "last.ckpt"
    torch.save(checkpoint | {"hyper_parameters": Payload()}, path)
    with pytest.raises(ValueError, match="tensors and plain values"):
        convert_generator(path, tmp_path, **TINY)
    assert "run" not in capsys.readouterr().out


def test_missing_misshapen_and_unexpected_keys_are_reported(checkpoint, tmp_path):
    del checkpoint["ema_state"]
    state = checkpoint["state_dict"]
    del state["model.output_proj.weight"]
    state["model.output_norm.bias"] = torch.zeros(5)
    state["model.strange"] = torch.zeros(1)
    path = tmp_path / "last.ckpt"
    torch.save(checkpoint, path)
    with pytest.raises(ValueError, match="output_proj") as raised:
        convert_generator(path, tmp_path, **TINY)
    assert "output_norm.bias: (5,), expected (48,)" in str(raised.value)
    assert "strange" in str(raised.value)


def test_averages_that_do_not_fit_are_refused(checkpoint, tmp_path):
    checkpoint["ema_state"]["shadow_params"].pop()
    path = tmp_path / "last.ckpt"
    torch.save(checkpoint, path)
    with pytest.raises(ValueError, match="ema_state"):
        convert_generator(path, tmp_path, **TINY)


def test_a_converted_renderer_has_no_weights_of_training_only(autoencoder, autoencoder_state, tmp_path):
    path = tmp_path / "renderer.ckpt"
    training = {"discriminator.conv.weight": torch.zeros(3), "criterion_vgg.vgg.0.weight": torch.zeros(3)}
    torch.save({"state_dict": autoencoder_state | training}, path)
    conversion = convert_renderer(path, tmp_path, any_size=True)
    assert conversion.report.usable
    assert not conversion.report.unexpected
    loaded = load_autoencoder(tmp_path).state_dict()
    for key in ("face_generator.up_1.conv_s.weight_u", "motion_encoder.convs.8.weight"):
        assert torch.equal(loaded[key], autoencoder.state_dict()[key])


def test_command_writes_the_weights_and_a_report(saved, tmp_path, capsys):
    folder = tmp_path / "model"
    sizes = ["--heads", "4", "--encoder-heads", "2", "--window", "12"]
    assert main(["convert", "--checkpoint", str(saved), "-o", str(folder), "--any-size", *sizes]) == 0
    report = json.loads((folder / "conversion.json").read_text())
    assert report[0]["source_sha256"] in capsys.readouterr().out
    assert main(["convert", "-o", str(folder)]) == 2
