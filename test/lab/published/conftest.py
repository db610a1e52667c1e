"""A corpus, and a preset with which the published generator trains in seconds."""

import dataclasses
from pathlib import Path

import pytest
from tiny_training import write_corpus

from dystream_lab.published.config import PRESETS, Preset
from dystream_ros.models.released.networks.configuration import EncoderConfig


@pytest.fixture(scope="session")
def corpus(tmp_path_factory) -> Path:
    """Two clips in which the jaw of a party is open exactly while it sounds."""
    root = tmp_path_factory.mktemp("corpus")
    write_corpus(root)
    return root


@pytest.fixture(scope="session")
def preset() -> Preset:
    """The preset `tiny`, smaller still: six steps, two of them for the encoder alone."""
    tiny = PRESETS["tiny"]
    encoder = EncoderConfig(
        width=16, layers=1, heads=2, hidden=32, channels=8, position_kernel=4, position_groups=2
    )  # fmt: skip
    network = dataclasses.replace(
        tiny.network, width=24, blocks=1, hidden=48, head_blocks=1, window=16, encoder=encoder
    )
    training = dataclasses.replace(
        tiny.training, steps=6, encoder_steps=2, batch=4, frames=16, draws=1, span=20, warmup=2, save_every=3,
        validate_every=6, bfloat16=False, device="cpu",
    )  # fmt: skip
    return Preset(network, training, steps=2, guidance=tiny.guidance)
