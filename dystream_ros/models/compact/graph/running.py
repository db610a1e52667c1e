"""Runs the graphs of a step with ONNX Runtime; states stay where they are from frame to frame."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from dystream_ros.models.compact.graph.file import (
    AFTER,
    BEFORE,
    PRIME_INPUTS,
    STEP_INPUTS,
    Graph,
    GraphFile,
    StateTensor,
)
from dystream_ros.models.errors import ModelError
from dystream_ros.models.runtime import Runtime

Array = NDArray[np.generic]
_PROVIDERS = {
    "cpu": ("CPUExecutionProvider",),
    "cuda": ("CUDAExecutionProvider", "CPUExecutionProvider"),
    "tensorrt": ("TensorrtExecutionProvider", "CUDAExecutionProvider", "CPUExecutionProvider"),
}
_ERRORS_ONLY = 3  # severity of ONNX Runtime's log


class Graphs:
    """The graphs of one model with its weights, ready for any number of sessions in any threads.

    Args:
        file: the graphs.
        weights: float32 tensors by name. ONNX Runtime copies them; they may be freed afterwards.
        runtime: provider, threads, and number of heads that are stepped together.

    Attributes:
        state: the tensors of the state of one session.
        noise_size: standard normal numbers per frame.
        step: of one session.
        prime: takes in the lookahead; None for a model without one.
        together: size and step of a batch; None where it is not wanted, or not in the file.

    Raises:
        ModelError: ONNX Runtime lacks the provider, or the graphs do not fit the weights.
    """

    def __init__(self, file: GraphFile, weights: Mapping[str, NDArray[np.float32]], runtime: Runtime) -> None:
        self.state = file.state
        self.noise_size = file.noise_size
        given = {name: onnxruntime.OrtValue.ortvalue_from_numpy(tensor) for name, tensor in weights.items()}
        self.step = self._open(file.step, given, runtime)
        self._check_step()
        # Rarely run: its weights are not copied into the layout that is fastest.
        self.prime = self._open(file.prime, given, runtime, pack=False) if file.prime else None
        self.together: tuple[int, onnxruntime.InferenceSession] | None = None
        if runtime.together > 1 and file.together:
            heads = min((size for size in file.together if size >= runtime.together), default=max(file.together))
            self.together = heads, self._open(file.together[heads], given, runtime)

    def _check_step(self) -> None:
        """Raises `ModelError` unless the inputs and outputs of the step are those that `Stepper` binds."""
        state = {tensor.name: list(tensor.shape) for tensor in self.state}
        shapes = {value.name: value.shape for value in self.step.get_inputs()}
        wrong = {name for name in STEP_INPUTS if not all(type(size) is int for size in shapes.pop(name, [None]))}
        wrong |= {name for name, shape in state.items() if shapes.pop(BEFORE + name, shape) != shape}
        wrong |= set(shapes)
        wrong |= state.keys() - {value.name.removeprefix(AFTER) for value in self.step.get_outputs()}
        if wrong:
            raise ModelError(
                f"the graph does not fit its description in {', '.join(sorted(map(str, wrong)))}; export it again with "
                "`dystream export`"
            )

    def _open(
        self, graph: Graph, weights: Mapping[str, onnxruntime.OrtValue], runtime: Runtime, pack: bool = True
    ) -> onnxruntime.InferenceSession:
        providers = _PROVIDERS[runtime.provider]
        available = onnxruntime.get_available_providers()
        if providers[0] not in available:
            names = [name for name, needed in _PROVIDERS.items() if needed[0] in available]
            raise ModelError(
                f"the provider is {runtime.provider!r}, and this ONNX Runtime has {', '.join(names)}; "
                "install a build of onnxruntime for this device, or set the provider to cpu"
            )
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = runtime.threads
        options.inter_op_num_threads = 1
        options.log_severity_level = _ERRORS_ONLY
        # A thread that waits must not take time from others.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        if not pack:
            options.add_session_config_entry("session.disable_prepacking", "1")
        if missing := [name for name in graph.weights if name not in weights]:
            raise ModelError(f"the weights lack {', '.join(missing[:5])}, which their graph takes; export it again")
        options.add_external_initializers(list(graph.weights), [weights[name] for name in graph.weights])
        try:
            opened = onnxruntime.InferenceSession(graph.model, options, providers=list(providers))
        except Exception as error:  # ONNX Runtime raises kinds of its own, without a common base
            raise ModelError(f"ONNX Runtime cannot open the graph of the weights: {error}") from error
        # Where a driver or library of the device is missing, ONNX Runtime goes on with the next provider.
        if opened.get_providers()[0] != providers[0]:
            raise ModelError(
                f"the provider is {runtime.provider!r}, and ONNX Runtime cannot use it here: check the driver and the "
                "libraries of the device, or set the provider to cpu"
            )
        return opened


class Stepper:
    """The state of one session and its step.

    The state exists twice. A step reads one copy and writes the other, so nothing is copied or allocated.

    Attributes:
        given: the inputs `self_audio` and `other_audio` (1, 640) and `noise` (1, n), filled before `step`.
        now: the copy that is the present state, 0 or 1.

    Args:
        graphs: of the model.
        memory: of its inputs and states; a session of its own when None.
    """

    def __init__(self, graphs: Graphs, memory: "Memory | None" = None) -> None:
        self._graphs = graphs
        memory = memory or Memory.of(graphs)
        self.given, self._states = memory.given, memory.states
        self._bindings = memory.bindings(graphs.step, graphs.state)
        self.now = 0

    @property
    def state(self) -> dict[str, Array]:
        """The present state by name; what is written into its arrays counts in the next step."""
        return self._states[self.now]

    def held(self) -> AbstractContextManager[None]:
        """Entered to read or write the state."""
        return nullcontext()

    def step(self) -> None:
        """Advance the state by one frame."""
        self._graphs.step.run_with_iobinding(self._bindings[self.now])
        self.now = 1 - self.now

    def move_to(self, copy: int) -> None:
        """Make the other copy, 0 or 1, the present state."""
        if copy != self.now:
            for name, array in self._states[copy].items():
                array[...] = self._states[self.now][name]
            self.now = copy

    def prime(self, self_audio: NDArray[np.float32], other_audio: NDArray[np.float32]) -> None:
        """Take in the lookahead of the first frame, (1, lookahead) of each party, in a fresh state."""
        graph = self._graphs.prime
        if graph is None:
            return
        state = self.state
        wanted = {value.name for value in graph.get_inputs()}
        given: dict[str, Array] = dict(zip(PRIME_INPUTS, (self_audio, other_audio), strict=True))
        given |= {BEFORE + name: array for name, array in state.items() if BEFORE + name in wanted}
        names = [value.name for value in graph.get_outputs()]
        for name, array in zip(names, graph.run(names, given), strict=True):
            state[name.removeprefix(AFTER)][...] = array

    def reset(self) -> None:
        """Make the state that of a new session."""
        for tensor in self._graphs.state:
            self.state[tensor.name].fill(tensor.fill)


@dataclass(frozen=True)
class Memory:
    """Inputs and both copies of the state of one session, or of several, one after the other in each array.

    Attributes:
        given: arrays of the inputs by name.
        states: both copies of the state, arrays by name.
    """

    given: dict[str, NDArray[np.float32]]
    states: tuple[dict[str, Array], dict[str, Array]]

    @classmethod
    def of(cls, graphs: Graphs, heads: int = 1) -> "Memory":
        """Memory of so many fresh sessions."""
        given = {
            value.name: np.zeros((heads, *value.shape[1:]), np.float32)
            for value in graphs.step.get_inputs()
            if value.name in STEP_INPUTS
        }
        first, second = ({tensor.name: _repeated(tensor, heads) for tensor in graphs.state} for _ in range(2))
        return cls(given, (first, second))

    def row(self, row: int, heads: int) -> "Memory":
        """The part of one of the sessions, in the same place of memory."""

        def part(array: Array) -> Array:
            share = len(array) // heads
            return array[row * share : (row + 1) * share]

        first, second = ({name: part(array) for name, array in state.items()} for state in self.states)
        return Memory({name: array[row : row + 1] for name, array in self.given.items()}, (first, second))

    def bindings(
        self, graph: onnxruntime.InferenceSession, state: Sequence[StateTensor]
    ) -> list[onnxruntime.IOBinding]:
        """A step of the graph from the first copy to the second, and one back."""
        held = {name: onnxruntime.OrtValue.ortvalue_from_numpy(array) for name, array in self.given.items()}
        copies = [
            {name: onnxruntime.OrtValue.ortvalue_from_numpy(array) for name, array in each.items()}
            for each in self.states
        ]
        return [_bound(graph, held, state, before, after) for before, after in (copies, copies[::-1])]


def _repeated(tensor: StateTensor, heads: int) -> Array:
    return np.concatenate([tensor.fresh()] * heads)


def _bound(
    graph: onnxruntime.InferenceSession,
    given: Mapping[str, onnxruntime.OrtValue],
    state: Sequence[StateTensor],
    before: Mapping[str, onnxruntime.OrtValue],
    after: Mapping[str, onnxruntime.OrtValue],
) -> onnxruntime.IOBinding:
    """The inputs and outputs of a step in fixed memory."""
    binding = graph.io_binding()
    for name, value in given.items():
        binding.bind_ortvalue_input(name, value)
    for tensor in state:
        binding.bind_ortvalue_input(BEFORE + tensor.name, before[tensor.name])
        binding.bind_ortvalue_output(AFTER + tensor.name, after[tensor.name])
    return binding
