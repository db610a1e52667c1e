"""Where bfloat16 makes training faster."""

import torch

from dystream_ros.models.released.fast.dense import has_bfloat16


def bfloat16_pays(device: torch.device) -> bool:
    """Whether the device has instructions for products in bfloat16; one that emulates them is many times slower."""
    if device.type == "cpu":
        return has_bfloat16()
    if device.type == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    return True
