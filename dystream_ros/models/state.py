"""States of streaming modules: nested tuples of tensors whose first dimension is the session."""

from collections.abc import Callable
from typing import TypeVar

import torch

State = TypeVar("State")


def map_state(function: Callable[..., torch.Tensor], *states: State) -> State:
    """Applies a function to the corresponding tensors of states of one structure."""
    first = states[0]
    if isinstance(first, torch.Tensor):
        return function(*states)
    parts = [map_state(function, *group) for group in zip(*states, strict=True)]
    return type(first)(*parts) if hasattr(first, "_fields") else tuple(parts)


def replace_row(state: State, row: int, rows: int, fresh: State) -> State:
    """The state with one session's rows taken from `fresh`, the state of a single session.

    Args:
        rows: number of sessions; a tensor may hold several consecutive rows a session (branches of guidance).
    """

    def replace(tensor: torch.Tensor, new: torch.Tensor) -> torch.Tensor:
        share = tensor.shape[0] // rows
        replaced = tensor.clone()
        replaced[row * share : (row + 1) * share] = new
        return replaced

    return map_state(replace, state, fresh)
