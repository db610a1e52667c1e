"""Weights that a training run of the published generator begins with: random ones, or an encoder's of wav2vec 2.0."""

import re
from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from dystream_ros.models.released.files.state_dict import compare, fold_weight_norm, with_prefix_removed
from dystream_ros.models.released.networks.generator import MotionGenerator
from dystream_ros.models.released.networks.wav2vec2 import PositionalConvolution

_PREFIX = "wav2vec2."  # of the keys in checkpoints with a head, such as wav2vec2-base-960h
_NOTHING = re.compile(r"(?!)")  # matches no key


@torch.no_grad()
def random_weights(model: MotionGenerator) -> None:
    """Random weights, from PyTorch's generator.

    Convolutions of the encoders keep the variance of their input (He et al. 2015), since only the first is normalised;
    the positional ones begin as in wav2vec 2.0, without a future. The head's modulations begin at zero, so that each
    block begins as the identity (Peebles and Xie 2023).
    """
    for encoder in (model.audio_encoder_face, model.audio_encoder_face_other):
        for module in encoder.feature_extractor.modules():
            if isinstance(module, nn.Conv1d):
                nn.init.kaiming_normal_(module.weight)
        for module in encoder.modules():
            if isinstance(module, PositionalConvolution):
                conv = module.conv
                nn.init.normal_(conv.weight, std=2 * (conv.kernel_size[0] * conv.in_channels) ** -0.5)
                conv.weight[:, :, conv.kernel_size[0] // 2 + 1 :] = 0
                if conv.bias is not None:
                    nn.init.zeros_(conv.bias)
    for name, parameter in model.diffusion_head.named_parameters():
        if ".adaLN_modulation" in name:
            nn.init.zeros_(parameter)


def begin_encoders(model: MotionGenerator, path: Path) -> None:
    """Give both encoders the weights of a wav2vec 2.0 in a safetensors file; its later layers are left out.

    Raises:
        ValueError: it is no safetensors file, or a weight is missing or of another shape; the message lists them.
    """
    try:
        state = load_file(str(path))
    except (SafetensorError, OSError) as error:
        raise ValueError(
            f"{path} is no safetensors file ({error}); give model.safetensors of facebook/wav2vec2-base, or convert "
            "a pytorch_model.bin with safetensors.torch.save_file"
        ) from error
    if any(key.startswith(_PREFIX) for key in state):
        state = with_prefix_removed(state, _PREFIX)
    folded = _old_norms(fold_weight_norm(state))
    for encoder in (model.audio_encoder_face, model.audio_encoder_face_other):
        expected = encoder.state_dict()
        wanted = {key: tensor for key, tensor in folded.items() if key in expected}
        report = compare(expected, wanted, unread=_NOTHING)
        if not report.usable:
            raise ValueError(f"{path} does not fit the encoder of this preset\n{report}")
        encoder.load_state_dict({key: tensor.float() for key, tensor in wanted.items()})


def _old_norms(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Norms named gamma and beta, as old files have them, under their present names."""
    return {key.replace(".gamma", ".weight").replace(".beta", ".bias"): tensor for key, tensor in state.items()}
