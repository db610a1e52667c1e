"""Steps of a stream on its device: plain calls on a processor, one captured graph on an NVIDIA GPU.

A step is some thousand small kernels in a row, so a GPU waits for their launches; a graph launches them at once, out of
memory that is reserved once.
"""

import torch
from torch import Tensor

from dystream_ros.models.released.stream import StepInputs, Stream, StreamState
from dystream_ros.models.state import map_state, replace_row

_WARM_UP = 3  # steps before the capture, so that libraries have chosen their kernels and reserved their memory


class Stepping:
    """State of a batch of conversations and the way to step it.

    Args:
        stream: on its device.
        state: where the conversations begin.
        graphs: capture a CUDA graph when the device is a GPU.
    """

    def __init__(self, stream: Stream, state: StreamState, graphs: bool = True) -> None:
        self._stream = stream
        self._state = state
        self._rows = state.motion.embedded.shape[0]
        self._device = state.motion.embedded.device
        self._graph: torch.cuda.CUDAGraph | None = None
        self._graphs = graphs and self._device.type == "cuda"
        self._inputs: StepInputs | None = None
        self._motion: Tensor | None = None

    @torch.inference_mode()
    def hear(self, row: int, *inputs: Tensor) -> None:
        """Let one conversation hear samples without a frame; inputs of `Stream.hear`, a batch of one."""
        alone = map_state(lambda tensor: tensor[row : row + 1].clone(), self._state)
        self.replace(row, self._stream.hear(alone, *(part.to(self._device) for part in inputs)))

    @torch.inference_mode()
    def replace(self, row: int, fresh: StreamState) -> None:
        """Put the state of a batch of one in the place of a row."""
        replaced = replace_row(self._state, row, self._rows, fresh)
        if self._graph is None:
            self._state = replaced
        else:
            _overwrite(self._state, replaced)

    @torch.inference_mode()
    def step(self, inputs: StepInputs) -> Tensor:
        """Motion (B, motion) of the next frame, on the CPU."""
        if not self._graphs:
            motion, self._state = self._stream(self._state, StepInputs(*(part.to(self._device) for part in inputs)))
            return motion.cpu()
        if self._graph is None:
            self._capture(inputs)
        _overwrite(self._inputs, inputs)
        self._graph.replay()
        return self._motion.cpu()

    def _capture(self, inputs: StepInputs) -> None:
        """Record one step over tensors that stay where they are; what they hold is unchanged afterwards."""
        self._inputs = StepInputs(*(part.to(self._device).clone() for part in inputs))
        self._state = map_state(lambda tensor: tensor.contiguous().clone(), self._state)
        before = map_state(torch.clone, self._state)
        side = torch.cuda.Stream(self._device)
        side.wait_stream(torch.cuda.current_stream(self._device))
        with torch.cuda.stream(side):
            for _ in range(_WARM_UP):
                self._in_place()
        torch.cuda.current_stream(self._device).wait_stream(side)
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph):
            self._motion = self._in_place()
        _overwrite(self._state, before)
        self._graph = graph

    def _in_place(self) -> Tensor:
        motion, after = self._stream(self._state, self._inputs)
        _overwrite(self._state, after)
        return motion


def _overwrite(target: tuple, source: tuple) -> None:
    """Copy every tensor of a nested tuple into the one of the same place, unless it is the same one."""

    def copy(old: Tensor, new: Tensor) -> Tensor:
        if old.data_ptr() != new.data_ptr() or old.device != new.device:
            old.copy_(new, non_blocking=True)
        return old

    map_state(copy, target, source)
