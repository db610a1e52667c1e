"""Runs the graphs of a step with ONNX Runtime; states stay where they are from frame to frame."""

from collections.abc import Mapping, Sequence

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
        runtime: provider and threads.

    Raises:
        ModelError: ONNX Runtime lacks the provider, or the graphs do not fit the weights.
    """

    def __init__(self, file: GraphFile, weights: Mapping[str, NDArray[np.float32]], runtime: Runtime) -> None:
        self.state = file.state
        self.noise_size = file.noise_size
        given = {name: onnxruntime.OrtValue.ortvalue_from_numpy(tensor) for name, tensor in weights.items()}
        self.step = self._open(file.step, given, runtime)
        # Rarely run: its weights are not copied into the layout that is fastest.
        self.prime = self._open(file.prime, given, runtime, pack=False) if file.prime else None

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

    Args:
        graphs: of the model.
    """

    def __init__(self, graphs: Graphs) -> None:
        self._graphs = graphs
        self.given: dict[str, NDArray[np.float32]] = {
            value.name: np.zeros(value.shape, np.float32)
            for value in graphs.step.get_inputs()
            if value.name in STEP_INPUTS
        }
        self._states = tuple({tensor.name: tensor.fresh() for tensor in graphs.state} for _ in range(2))
        held = {name: onnxruntime.OrtValue.ortvalue_from_numpy(array) for name, array in self.given.items()}
        copies = [
            {name: onnxruntime.OrtValue.ortvalue_from_numpy(array) for name, array in state.items()}
            for state in self._states
        ]
        self._bindings = [
            _bound(graphs.step, held, graphs.state, before, after) for before, after in (copies, copies[::-1])
        ]
        self._now = 0

    @property
    def state(self) -> dict[str, Array]:
        """The present state by name; what is written into its arrays counts in the next step."""
        return self._states[self._now]

    def step(self) -> None:
        """Advance the state by one frame."""
        self._graphs.step.run_with_iobinding(self._bindings[self._now])
        self._now = 1 - self._now

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
