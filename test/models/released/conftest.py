"""The golden numbers of the published networks and the weights that they were made with."""

import json
import re
import zlib
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from dystream_ros.models.released.files.state_dict import (
    UNREAD_GENERATOR_KEYS,
    UNREAD_RENDERER_KEYS,
    fold_weight_norm,
    load_state,
    with_prefix_removed,
)
from dystream_ros.models.released.networks.autoencoder import Autoencoder
from dystream_ros.models.released.networks.configuration import config_from_state
from dystream_ros.models.released.networks.generator import MotionGenerator
from dystream_ros.models.released.streaming.causal_encoder import CausalEncoder
from dystream_ros.models.released.streaming.model import ReleasedModel, StreamConfig

DATA = Path(__file__).parents[2] / "data" / "released"


@pytest.fixture(scope="session")
def released_data():
    """Folder of the golden files."""
    return DATA


@pytest.fixture(scope="session")
def tiny_golden():
    return load_file(DATA / "motion_generator_tiny.safetensors")


@pytest.fixture(scope="session")
def tiny_state(tiny_golden):
    """The tiny generator's state dict, with the published keys."""
    return with_prefix_removed(tiny_golden, "weights/")


@pytest.fixture(scope="session")
def tiny_generator(tiny_state):
    config = config_from_state(fold_weight_norm(tiny_state), heads=4, encoder_heads=2, window=12)
    generator = MotionGenerator(config).eval().requires_grad_(False)
    load_state(generator, tiny_state, UNREAD_GENERATOR_KEYS)
    return generator


@pytest.fixture(scope="module", params=["window", "causal"])
def streaming_model(request, tiny_generator, tiny_golden):
    """The tiny generator as a live model, with its encoders over a window or causal."""
    encoders = None
    if request.param == "causal":
        published = tiny_generator.audio_encoder_face, tiny_generator.audio_encoder_face_other
        encoders = tuple(CausalEncoder(encoder, 960, 40) for encoder in published)
    return ReleasedModel(tiny_generator, StreamConfig(window=40), tiny_golden["input/anchor"][0, 0], encoders=encoders)


_FILL = (
    (r"\.running_mean$", lambda n, fan_in: 0.05 * n),
    (r"\.running_var$", lambda n, fan_in: 1 + np.float32(0.1) * abs(n)),
    (r"\.(norm|norm1|norm2|gn)\.weight$", lambda n, fan_in: 1 + np.float32(0.05) * n),
    (r"\.(norm|norm1|norm2|gn)\.bias$", lambda n, fan_in: np.float32(0.05) * n),
    (r"\.agn[12]\.u$", lambda n, fan_in: n / np.sqrt(np.float32(512))),
    (r"\.agn[12]\.v$", lambda n, fan_in: n / 4),
    (r"^(motion_encoder\.convs\.|flow_estimator\.fc\.).*\.weight$", lambda n, fan_in: n),
    (r"^flow_estimator\.direction\.weight$", lambda n, fan_in: n),
    (r"^face_generator\.conv2\.weight$", lambda n, fan_in: np.float32(0.5) * n / np.sqrt(fan_in)),
    (r"^face_generator\.conv_img\.0\.weight$", lambda n, fan_in: np.float32(0.4) * n / np.sqrt(fan_in)),
    (r"^face_generator\.occlusion\.weight$", lambda n, fan_in: 4 * n / np.sqrt(fan_in)),
    (r"\.mlp_(shared\.0|gamma|beta)\.weight$", lambda n, fan_in: 2 * n / np.sqrt(fan_in)),
    (
        r"^face_encoder\.(first|down_blocks\.\d)\.conv\.weight$",
        lambda n, fan_in: np.sqrt(np.float32(2)) * n / np.sqrt(fan_in),
    ),
    (r"\.bias$", lambda n, fan_in: np.float32(0.02) * n),
    (r"\.weight$", lambda n, fan_in: n / np.sqrt(fan_in)),
)


def _noise(key: str, shape: tuple[int, ...]) -> np.ndarray:
    return np.random.default_rng(zlib.crc32(key.encode())).standard_normal(shape).astype(np.float32)


def golden_weight(key: str, shape: tuple[int, ...]) -> np.ndarray:
    """A weight of the golden autoencoder, drawn by the rule that its golden numbers were made with."""
    if key.endswith(".kernel"):
        taps = np.array([1, 3, 3, 1], np.float32)
        return np.outer(taps, taps) / 64
    if key.endswith(".num_batches_tracked"):
        return np.zeros(shape, np.int64)
    n = _noise(key, shape)
    if re.search(r"\.weight_[uv]$", key):
        return (n / np.sqrt((n.astype(np.float64) ** 2).sum())).astype(np.float32)
    fan_in = np.float32(np.prod(shape[1:]))
    if key.endswith(".weight_orig"):
        stem = key.removesuffix("weight_orig")
        u = golden_weight(stem + "weight_u", shape[:1])
        v = golden_weight(stem + "weight_v", (int(fan_in),))
        return n * (np.float32(1.5) / np.sqrt(fan_in)) + np.float32(1.5) * np.outer(u, v).reshape(shape)
    return next(rule(n, fan_in) for pattern, rule in _FILL if re.search(pattern, key)).astype(np.float32)


@pytest.fixture(scope="session")
def autoencoder_state():
    """The published keys of the autoencoder at full size, 404 of them."""
    keys = json.loads((DATA / "autoencoder_manifest.json").read_text())["state_dict"]
    return {entry["key"]: torch.from_numpy(golden_weight(entry["key"], tuple(entry["shape"]))) for entry in keys}


@pytest.fixture(scope="session")
def autoencoder(autoencoder_state):
    network = Autoencoder().eval().requires_grad_(False)
    load_state(network, autoencoder_state, UNREAD_RENDERER_KEYS)
    return network


@pytest.fixture(scope="session")
def autoencoder_golden():
    return load_file(DATA / "autoencoder_full.safetensors")


def _speech_like(seconds: float, seed: int = 0, level: float = 0.1) -> np.ndarray:
    """Pulses through resonances, with pauses: voiced to a voice detector."""
    generator = np.random.default_rng(seed)
    time = np.arange(int(seconds * 16_000)) / 16_000
    pitch = 120 + 20 * np.sin(2 * np.pi * 0.7 * time)
    phase = 2 * np.pi * np.cumsum(pitch) / 16_000
    voice = sum(np.sin(k * phase) / k for k in range(1, 20)) * (1 + 0.8 * np.sin(2 * np.pi * 4 * time))
    voice *= np.sin(2 * np.pi * 0.5 * time) > -0.3
    return (level * (voice + 0.01 * generator.standard_normal(len(time)))).astype(np.float32)


@pytest.fixture(scope="session")
def speech_like():
    """A function of seconds, seed and level: float32 (samples,) that a voice detector takes for a voice."""
    return _speech_like
