"""The step of one session as one graph: on a single row, calls from Python cost more than the arithmetic they ask for.

PyTorch records the operations of the very same forward once and runs them again without Python between them, and
without the interpreter lock, which the threads that receive audio need in the meantime.
"""

import warnings
from collections.abc import Callable
from typing import Any

import torch
from torch import nn

from dystream_ros.models.compact.encoder import EncoderState
from dystream_ros.models.compact.transformer import TransformerState

# self log-mels, other log-mels, anchor, noise, previous, before, ages of events
_GIVEN = 7
_WARM_UP = 3  # calls


class _Flat(nn.Module):
    """A network whose `follow` takes and gives nothing but tensors."""

    def __init__(self, network: nn.Module, join: Callable[..., Any]) -> None:
        super().__init__()
        self.network = network
        self._join = join

    def forward(self, *tensors: torch.Tensor) -> tuple[torch.Tensor, ...]:
        motion, ages, *states = self.network.follow(*tensors[:_GIVEN], *self._join(tensors[_GIVEN:]))
        return motion, ages, *_leaves(*states)


class TracedStep:
    """Does what `CompactModel.follow` does, for one session, with the weights and settings of the moment it was made.

    Args:
        network: the model, in evaluation mode.
        encoders, transformer: states of one session, for their shapes: of the own and the other's encoder, and of the
            transformer.
        given: as many tensors of one session as `follow` takes before its states.
    """

    def __init__(
        self,
        network: nn.Module,
        given: tuple[torch.Tensor, ...],
        encoders: tuple[EncoderState, EncoderState],
        transformer: TransformerState,
    ) -> None:
        ends = [len(encoders[0].pasts), len(encoders[0].pasts) + len(encoders[1].pasts)]
        blocks = len(transformer.keys)

        def join(leaves: tuple[torch.Tensor, ...]) -> tuple[EncoderState, EncoderState, TransformerState]:
            keys, values = leaves[ends[1] : ends[1] + blocks], leaves[ends[1] + blocks : -1]
            return (
                EncoderState(tuple(leaves[: ends[0]])),
                EncoderState(tuple(leaves[ends[0] : ends[1]])),
                TransformerState(tuple(keys), tuple(values), leaves[-1]),
            )

        self._join = join
        example = (*given, *_leaves(*encoders, transformer))
        with warnings.catch_warnings(), torch.no_grad():
            # It warns of each number that Python computed: all of them are the same in every step of one session.
            warnings.simplefilter("ignore", torch.jit.TracerWarning)
            # Its successors need a C++ compiler where the model runs.
            warnings.simplefilter("ignore", DeprecationWarning)
            traced = torch.jit.trace(_Flat(network, join).eval(), example, check_trace=False)
            self._graph = torch.jit.freeze(traced)
            # The first calls are observed and optimised, 100 ms each: they must not be the first frames of a live head.
            for _ in range(_WARM_UP):
                self._graph(*example)

    def __call__(
        self, *tensors_and_states: torch.Tensor | EncoderState | TransformerState
    ) -> tuple[torch.Tensor, torch.Tensor, EncoderState, EncoderState, TransformerState]:
        given, states = tensors_and_states[:_GIVEN], tensors_and_states[_GIVEN:]
        motion, ages, *leaves = self._graph(*given, *_leaves(*states))
        return motion, ages, *self._join(leaves)


def _leaves(own: EncoderState, other: EncoderState, transformer: TransformerState) -> tuple[torch.Tensor, ...]:
    return *own.pasts, *other.pasts, *transformer.keys, *transformer.values, transformer.age
