"""The step of one session as one graph: for a single row, calls from Python cost more than the arithmetic.

PyTorch records the operations of `CompactModel.follow` once and then runs them without Python. The graph does not hold
the interpreter lock, which the threads that receive audio need at the same time.
"""

import warnings
from collections.abc import Sequence
from typing import TYPE_CHECKING

import torch
from torch import nn

from dystream_ros.models.compact.encoder import EncoderState
from dystream_ros.models.compact.transformer import TransformerState

if TYPE_CHECKING:  # the model traces its own step
    from dystream_ros.models.compact.model import CompactModel

# Arguments of `follow` before its states: self log-mels, other log-mels, anchor, noise, previous, before, event ages.
_GIVEN = 7
_WARM_UP = 3  # calls

# TorchScript keeps every traced graph until the process ends (41 MB each, used or not). A head that loads the same
# weights again therefore gets the same graph, by SHA-256 of the weights.
_GRAPHS: dict[str, "TracedStep"] = {}


class _Join:
    """Puts the tensors of the states back into their structure."""

    def __init__(self, encoders: tuple[EncoderState, EncoderState], transformer: TransformerState) -> None:
        self._own = len(encoders[0].pasts)
        self._other = self._own + len(encoders[1].pasts)
        self._keys = self._other + len(transformer.keys)

    def __call__(self, leaves: Sequence[torch.Tensor]) -> tuple[EncoderState, EncoderState, TransformerState]:
        return (
            EncoderState(tuple(leaves[: self._own])),
            EncoderState(tuple(leaves[self._own : self._other])),
            TransformerState(tuple(leaves[self._other : self._keys]), tuple(leaves[self._keys : -1]), leaves[-1]),
        )


class _Flat(nn.Module):
    """`CompactModel.follow` with tensors only as arguments and results."""

    def __init__(self, network: "CompactModel", join: _Join) -> None:
        super().__init__()
        self.network = network
        self._join = join

    def forward(self, *tensors: torch.Tensor) -> tuple[torch.Tensor, ...]:
        self_mels, other_mels, anchor, noise, previous, before, ages = tensors[:_GIVEN]
        motion, ages, own, other, transformer = self.network.follow(
            self_mels, other_mels, anchor, noise, previous, before, ages, *self._join(tensors[_GIVEN:])
        )
        return motion, ages, *_leaves(own, other, transformer)


class TracedStep:
    """`CompactModel.follow` for one session, with the weights and settings at the time of tracing.

    Args:
        network: the model, in evaluation mode; no reference to it is kept.
        given: example tensors of one session, those that `follow` takes before its states.
        encoders, transformer: example states of one session.
    """

    def __init__(
        self,
        network: "CompactModel",
        given: tuple[torch.Tensor, ...],
        encoders: tuple[EncoderState, EncoderState],
        transformer: TransformerState,
    ) -> None:
        self._join = _Join(encoders, transformer)
        example = (*given, *_leaves(*encoders, transformer))
        with warnings.catch_warnings(), torch.no_grad():
            # The tracer warns of each number that Python computed: they are constants of the model.
            warnings.simplefilter("ignore", torch.jit.TracerWarning)
            # The successors of TorchScript need a C++ compiler at run time.
            warnings.simplefilter("ignore", DeprecationWarning)
            traced = torch.jit.trace(_Flat(network, self._join).eval(), example, check_trace=False)
            self._graph = torch.jit.freeze(traced)
            # TorchScript profiles and optimises the first calls, 100 ms each: too long for frames of a live head.
            for _ in range(_WARM_UP):
                self._graph(*example)

    def __call__(
        self,
        self_mels: torch.Tensor,
        other_mels: torch.Tensor,
        anchor: torch.Tensor,
        noise: torch.Tensor,
        previous: torch.Tensor,
        before: torch.Tensor,
        ages: torch.Tensor,
        self_encoder: EncoderState,
        other_encoder: EncoderState,
        transformer: TransformerState,
    ) -> tuple[torch.Tensor, torch.Tensor, EncoderState, EncoderState, TransformerState]:
        """Arguments and results as in `CompactModel.follow`, with a batch of one."""
        given = (self_mels, other_mels, anchor, noise, previous, before, ages)
        motion, ages, *leaves = self._graph(*given, *_leaves(self_encoder, other_encoder, transformer))
        return motion, ages, *self._join(leaves)


def traced_step(
    weights_sha256: str | None,
    network: "CompactModel",
    given: tuple[torch.Tensor, ...],
    encoders: tuple[EncoderState, EncoderState],
    transformer: TransformerState,
) -> TracedStep:
    """The graph of these weights, traced at the first call in this process; always a new one when the hash is None."""
    if weights_sha256 is None:
        return TracedStep(network, given, encoders, transformer)
    if weights_sha256 not in _GRAPHS:
        _GRAPHS[weights_sha256] = TracedStep(network, given, encoders, transformer)
    return _GRAPHS[weights_sha256]


def _leaves(own: EncoderState, other: EncoderState, transformer: TransformerState) -> tuple[torch.Tensor, ...]:
    return *own.pasts, *other.pasts, *transformer.keys, *transformer.values, transformer.age
