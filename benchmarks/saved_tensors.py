"""Memory of a training step, counted: the tensors that a backward pass needs."""

from collections.abc import Callable, Iterable

import torch
from torch import Tensor


def saved_bytes(forward: Callable[[], Tensor], weights: Iterable[Tensor]) -> int:
    """Bytes of the tensors that the backward pass of `forward` needs, without `weights`."""
    known = {weight.untyped_storage()._cdata for weight in weights}  # data_ptr is 0 on "meta" and of fake tensors
    kept: dict[int, torch.UntypedStorage] = {}

    def pack(tensor: Tensor) -> Tensor:
        storage = tensor.untyped_storage()
        if storage._cdata not in known:
            kept[storage._cdata] = storage
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        result = forward()
    held = sum(storage.nbytes() for storage in kept.values())
    del result
    return held
