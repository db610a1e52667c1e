"""Exports the step of a compact model to a graph file: the same `forward` as in training, log-mels included."""

import contextlib
import importlib.util
import io
import logging
import warnings
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import torch
from torch import nn
from torch.utils import _pytree as trees

from dystream_ros import __version__
from dystream_ros.models.compact.config import HOP
from dystream_ros.models.compact.graph.file import (
    AFTER,
    BEFORE,
    PRIME_INPUTS,
    STEP_INPUTS,
    Graph,
    GraphFile,
    StateTensor,
)
from dystream_ros.models.compact.model import AudioState, CompactModel, CompactState
from dystream_ros.models.errors import ModelError
from dystream_ros.models.state import Tree

if TYPE_CHECKING:
    from onnx_ir import Model

REQUIRED = ("onnx", "onnx_ir", "onnxscript")
TOGETHER = (2, 4, 8)  # numbers of heads that can be stepped as one batch
_WEIGHTS = "weights"  # location of the tensors that are not in the graph


def missing_packages() -> list[str]:
    """Names of the packages that `export` needs and that are not installed."""
    return [name for name in REQUIRED if importlib.util.find_spec(name) is None]


def export(network: CompactModel, architecture_sha256: str, together: Sequence[int] = ()) -> GraphFile:
    """The graphs of a model: about ten seconds for each.

    Args:
        network: in evaluation mode; the numbers in its weights do not matter, only their shapes and the settings.
        architecture_sha256: `WeightsFile.architecture_sha256` of its weights.
        together: numbers of heads that are to be stepped as one batch.

    Raises:
        ModelError: a package is missing.
    """
    if missing := missing_packages():
        raise ModelError(f"exporting a graph needs {', '.join(missing)}: pip install {' '.join(missing)}")
    state = network.initial_state(1)
    step = _step(network, 1)
    prime = None
    if network.lookahead:
        sound = (_sound(network.lookahead), _sound(network.lookahead))
        prime = _exported(_Prime(network), PRIME_INPUTS, sound, state.audio, "audio.")
    described = [_described(name, tensor) for name, tensor in zip(_names(state), _leaves(state), strict=True)]
    batches = {heads: _step(network, heads) for heads in together}
    return GraphFile(architecture_sha256, __version__, network.noise_size, tuple(described), step, prime, batches)


def _step(network: CompactModel, heads: int) -> Graph:
    """The graph of the step of so many heads."""
    sound = (_sound(HOP, heads), _sound(HOP, heads), torch.zeros(heads, network.noise_size))
    return _exported(_Step(network, heads), STEP_INPUTS, sound, network.initial_state(heads))


class _Step(nn.Module):
    """`CompactModel.step` from neutral; the motion is `previous` of the new state."""

    def __init__(self, network: CompactModel, heads: int) -> None:
        super().__init__()
        self.network = network
        self._anchor = torch.zeros(heads, network.motion_size)

    def forward(self, self_audio: torch.Tensor, other_audio: torch.Tensor, noise: torch.Tensor, state: Tree) -> Tree:
        return self.network.step(self_audio, other_audio, self._anchor, noise, cast(CompactState, state))[1]


class _Prime(nn.Module):
    """`CompactModel.prime`."""

    def __init__(self, network: CompactModel) -> None:
        super().__init__()
        self.network = network

    def forward(self, self_audio: torch.Tensor, other_audio: torch.Tensor, state: Tree) -> Tree:
        return self.network.prime(self_audio, other_audio, cast(AudioState, state))


class _WithWeights(nn.Module):
    """A module whose weights and state are arguments.

    Otherwise the exporter computes constants from the weights, and the graph fits only these.
    """

    def __init__(self, module: nn.Module, names: list[str], structure: trees.TreeSpec) -> None:
        super().__init__()
        self._call = lambda weights, *given: torch.func.functional_call(
            module, {f"network.{name}": tensor for name, tensor in zip(names, weights, strict=True)}, given
        )
        self._structure = structure

    def forward(
        self, sound: tuple[torch.Tensor, ...], state: list[torch.Tensor], weights: list[torch.Tensor]
    ) -> tuple[torch.Tensor, ...]:
        new = self._call(weights, *sound, trees.tree_unflatten(state, self._structure))
        # A tensor of the state that is passed on unchanged would otherwise be input and output under one name.
        return tuple(tensor.clone() for tensor in _leaves(new))


def _exported(
    module: nn.Module, inputs: tuple[str, ...], sound: tuple[torch.Tensor, ...], state: Tree, prefix: str = ""
) -> Graph:
    """The graph of a module that takes sound and a state and returns the new state."""
    network = cast(CompactModel, module.network)
    weights = network.state_dict()
    paths = [prefix + name for name in _names(state)]
    leaves, structure = trees.tree_flatten(state)
    # Copies: tensors that share memory would become one input.
    example = (sound, [leaf.clone() for leaf in leaves], [tensor.clone() for tensor in weights.values()])
    with _quietly(), torch.no_grad(), _uncached(network):
        program = torch.onnx.export(
            _WithWeights(module, list(weights), structure).eval(),
            example,
            dynamo=True,
            # The default optimisation takes small constants for zero, e.g. the floor under the logarithm of the power.
            optimize=False,
            verbose=False,
            input_names=[*inputs, *(BEFORE + path for path in paths), *weights],
            output_names=[AFTER + path for path in paths],
        )
    if program is None:
        raise RuntimeError("torch.onnx.export returned no graph")
    _simplify(program.model)
    return _without_weights(program.model, weights)


@contextlib.contextmanager
def _uncached(network: CompactModel) -> Iterator[None]:
    """Makes the schedule of the sampler part of the graph: its numbers depend on the weights."""
    network.eval()
    try:
        yield
    finally:
        network.eval()  # drops the exporter's placeholders


@contextlib.contextmanager
def _quietly() -> Iterator[None]:
    """Hides what the exporter prints, and its warnings about packages and names that do not matter here."""
    logger = logging.getLogger("torch.onnx")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(level)


def _simplify(model: "Model") -> None:
    """Inlines functions, folds constants and drops what is unused; exact, unlike the exporter's own rules."""
    import onnx_ir.passes.common as passes
    from onnxscript import optimizer

    passes.InlinePass()(model)
    for _ in range(2):
        optimizer.fold_constants(model)
        optimizer.remove_unused_nodes(model)
    passes.LiftConstantsToInitializersPass(lift_all_constants=True, size_limit=0)(model)
    passes.DeduplicateInitializersPass()(model)
    passes.CommonSubexpressionEliminationPass()(model)
    optimizer.remove_unused_nodes(model)
    passes.RemoveUnusedFunctionsPass()(model)
    passes.RemoveUnusedOpsetsPass()(model)


def _without_weights(model: "Model", weights: dict[str, torch.Tensor]) -> Graph:
    """Serializes a graph; weights that it uses become tensors that the caller supplies."""
    import onnx
    import onnx_ir

    proto: Any = onnx_ir.to_proto(model)
    graph = proto.graph
    inputs = {name for node in graph.node for name in node.input}
    used = tuple(name for name in weights if name in inputs)
    kept = [value for value in graph.input if value.name not in weights]
    del graph.input[:], graph.value_info[:], graph.metadata_props[:]
    graph.input.extend(kept)
    for node in graph.node:  # places in the source
        node.doc_string = ""
        del node.metadata_props[:]
    for value in (*graph.input, *graph.output):
        del value.metadata_props[:]
    for name in used:
        tensor = weights[name]
        external = graph.initializer.add(
            name=name, data_type=onnx.TensorProto.FLOAT, data_location=onnx.TensorProto.EXTERNAL
        )
        external.dims.extend(tensor.shape)
        for key, value in (("location", _WEIGHTS), ("offset", "0"), ("length", str(4 * tensor.numel()))):
            external.external_data.add(key=key, value=value)
    return Graph(proto.SerializeToString(deterministic=True), used)


def _described(name: str, tensor: torch.Tensor) -> StateTensor:
    numbers = tensor.numpy()
    if (numbers != numbers.flat[0]).any():
        raise ValueError(f"the state {name} does not begin with one number; a graph file holds only such states")
    return StateTensor(name, tuple(tensor.shape), np.dtype(numbers.dtype).name, float(numbers.flat[0]))


def _leaves(state: Tree) -> list[torch.Tensor]:
    return trees.tree_leaves(state)


def _names(state: Tree, path: str = "") -> list[str]:
    """Path of each tensor of a state, e.g. "audio.self_features.tail", in the order of `_leaves`."""
    if isinstance(state, torch.Tensor):
        return [path]
    fields = getattr(state, "_fields", range(len(state)))
    return [
        name
        for field, part in zip(fields, state, strict=True)
        for name in _names(part, f"{path}.{field}" if path else str(field))
    ]


def _sound(samples: int, heads: int = 1) -> torch.Tensor:
    return torch.zeros(heads, samples)
