"""Runs that begin with the weights of another run, also of an earlier version."""

import dataclasses

import pytest
import torch
from tiny_training import CONFIG, MODEL

from dystream_lab.corpus.dataset import ConversationDataset
from dystream_lab.training.batches import conversation_batch
from dystream_lab.training.train import train
from dystream_ros.models.compact.model import EVENTS
from dystream_ros.models.errors import ModelError
from dystream_ros.models.registry import load_model


def test_weights_that_lack_parts_of_the_model_can_begin_a_run(corpus, tmp_path):
    from safetensors import safe_open
    from safetensors.torch import save_file

    first = train(corpus, tmp_path / "first", CONFIG, dataclasses.replace(MODEL, self_rounds=1))
    with safe_open(first, framework="pt") as file:
        header = file.metadata()
        tensors = {name: file.get_tensor(name) for name in file.keys() if not name.startswith("lips.")}  # noqa: SIM118
    save_file(tensors, tmp_path / "earlier.safetensors", metadata=header)
    config = dataclasses.replace(CONFIG, steps=1, rate=0.0, start=str(tmp_path / "earlier.safetensors"))
    second = load_model(str(train(corpus, tmp_path / "second", config, MODEL))).network.state_dict()
    assert torch.equal(
        second["self_encoder.fast.0.project.weight"], tensors["self_encoder.fast.0.project.weight"].float()
    )
    assert not second["self_encoder.fast.4.project.weight"].any()
    # What was begun goes on without the weights that it began with.
    (tmp_path / "earlier.safetensors").unlink()
    train(corpus, tmp_path / "second", dataclasses.replace(config, steps=2), MODEL)


def test_a_wider_encoder_begins_with_the_features_of_a_narrower_one(corpus, tmp_path):
    first = train(corpus, tmp_path / "first", dataclasses.replace(CONFIG, steps=20), MODEL)
    config = dataclasses.replace(CONFIG, steps=1, rate=0.0, start=str(first))
    second = train(corpus, tmp_path / "second", config, dataclasses.replace(MODEL, self_channels=60))
    narrow, wide = (load_model(str(path)).network for path in (first, second))
    mels = conversation_batch(
        ConversationDataset(corpus, "valid"), CONFIG, MODEL, 0, 4, augment=False
    ).encoder.self_mels
    with torch.no_grad():
        heard, grown = narrow.self_clip(mels, mels), wide.self_clip(mels, mels)
    assert (heard - grown).square().mean() < 1e-4 * heard.var(0).mean()
    # Copies that gave the same to every next channel would stay copies.
    down = wide.self_encoder.down.weight.unflatten(1, (60, -1))
    assert len(down.transpose(0, 1).flatten(1).unique(dim=0)) == 60


def test_weights_of_a_one_party_encoder_with_two_events_begin_a_run(corpus, tmp_path):
    """One of two events, whose ear heard its own party alone, says the same at first, and blinks by events later."""
    from safetensors import safe_open
    from safetensors.torch import save_file

    first = train(corpus, tmp_path / "first", CONFIG, MODEL)
    with safe_open(first, framework="pt") as file:
        header, tensors = file.metadata(), {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    stem = tensors["self_encoder.stem.taps.weight"].unflatten(1, (3, 2, -1))
    tensors["self_encoder.stem.taps.weight"] = stem[:, :, 0].flatten(1).contiguous()
    for name in ("event_embed.weight", "event_shape.weight", "event_onset.weight", "event_onset.bias"):
        tensors[name] = tensors[name][: len(tensors[name]) // len(EVENTS) * 2].clone()
    earlier = tmp_path / "earlier.safetensors"
    save_file(tensors, earlier, metadata=header)
    with pytest.raises(ModelError, match="size mismatch"):
        load_model(str(earlier))
    config = dataclasses.replace(CONFIG, steps=1, rate=0.0, start=str(earlier))
    grown = load_model(str(train(corpus, tmp_path / "second", config, MODEL))).network
    own, partner = torch.randn(2, 1, 30, MODEL.mels)
    with torch.no_grad():
        torch.testing.assert_close(grown.self_clip(own, partner), grown.self_clip(own, -partner))
        chances = grown.event_chances(torch.randn(1, 5, MODEL.width)).sigmoid()
    assert (chances[..., 2:] < 0.01).all()
    assert not grown.event_shape.weight[2 * 51 :].any()
    assert grown.event_shape.weight[: 2 * 51].any()


def test_a_narrower_encoder_cannot_begin_with_a_wider_one(corpus, tmp_path):
    first = train(corpus, tmp_path / "first", dataclasses.replace(CONFIG, steps=1), MODEL)
    with pytest.raises(ModelError, match="--self-channels 24 or more"):
        narrower = dataclasses.replace(MODEL, self_channels=16)
        train(corpus, tmp_path / "second", dataclasses.replace(CONFIG, start=str(first)), narrower)
