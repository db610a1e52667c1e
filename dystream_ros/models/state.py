"""States of streaming modules: nested tuples of tensors whose first dimension is the session."""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar, cast

import torch

Tree = torch.Tensor | tuple[Any, ...]  # of trees
State = TypeVar("State", bound=Tree)


def map_state(function: Callable[..., torch.Tensor], *states: State) -> State:
    """Applies a function to the corresponding tensors of states of one structure.

    Raises:
        ValueError: the states differ in structure.
    """
    return cast(State, _mapped(function, states))


def replace_row(state: State, row: int, rows: int, fresh: State) -> State:
    """The state with one session's rows taken from `fresh`, the state of a single session.

    Args:
        rows: number of sessions; a tensor may hold several consecutive rows per session (branches of guidance).
    """

    def replace(tensor: torch.Tensor, new: torch.Tensor) -> torch.Tensor:
        share = tensor.shape[0] // rows
        replaced = tensor.clone()
        replaced[row * share : (row + 1) * share] = new
        return replaced

    return map_state(replace, state, fresh)


def _mapped(function: Callable[..., torch.Tensor], states: Sequence[Tree]) -> Tree:
    first = states[0]
    if isinstance(first, torch.Tensor):
        return function(*states)
    parts = [_mapped(function, group) for group in zip(*states, strict=True)]
    # The constructor of a NamedTuple takes its fields one by one.
    return tuple(parts) if type(first) is tuple else type(first)(*parts)
