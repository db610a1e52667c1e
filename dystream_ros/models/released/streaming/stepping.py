"""Steps of a stream on its device: plain calls on a CPU, one captured CUDA graph on an NVIDIA GPU.

A step is about a thousand small kernels in a row, so a GPU waits for their launches; a graph launches them at once, in
memory that is reserved once.
"""

import torch
from torch import Tensor

from dystream_ros.models.released.fast.captured import CapturedGraph
from dystream_ros.models.released.networks.configuration import HOP
from dystream_ros.models.released.streaming.stream import StepInputs, Stream, StreamState
from dystream_ros.models.state import map_state, replace_row


class Stepping:
    """The state of a batch of conversations, and its steps.

    Args:
        stream: on its device.
        state: before the first step.
        graphs: capture a CUDA graph here when the device is a GPU, within seconds.
    """

    def __init__(self, stream: Stream, state: StreamState, graphs: bool = True) -> None:
        self._stream = stream
        self._state = state
        self._rows = state.motion.embedded.shape[0]
        self._device = state.motion.embedded.device
        self._graph: CapturedGraph | None = None
        if graphs and self._device.type == "cuda":
            self._capture()

    @torch.inference_mode()
    def advance(
        self, row: int, self_audio: Tensor, other_audio: Tensor, self_voiced: Tensor, other_voiced: Tensor
    ) -> None:
        """Add samples to one conversation without a frame; inputs as of `Stream.advance` for a batch of one."""
        alone = map_state(lambda tensor: tensor[row : row + 1].clone(), self._state)
        inputs = (part.to(self._device) for part in (self_audio, other_audio, self_voiced, other_voiced))
        own, other, own_voiced, other_voiced = inputs
        self.replace(row, self._stream.advance(alone, own, other, own_voiced, other_voiced))

    @torch.inference_mode()
    def replace(self, row: int, fresh: StreamState) -> None:
        """Replace the state of a row by that of a batch of one."""
        replaced = replace_row(self._state, row, self._rows, fresh)
        if self._graph is None:
            self._state = replaced
        else:
            overwrite(self._state, replaced)

    @torch.inference_mode()
    def emitted(self, row: int, motion: Tensor) -> None:
        """Replace the newest motion of a row's window by the one (motion,) that was shown.

        In place, also without a graph: a step gives each state tensors of its own.
        """
        self._state.motion.embedded[row, -1] = self._stream.stepper.embed(motion.to(self._device))

    @torch.inference_mode()
    def step(self, inputs: StepInputs) -> Tensor:
        """Motion (B, motion) of the next frame, on the CPU."""
        if self._graph is None:
            motion, self._state = self._stream(self._state, StepInputs(*(part.to(self._device) for part in inputs)))
            return motion.cpu()
        overwrite(self._inputs, inputs)
        return self._graph().cpu()

    @torch.inference_mode()
    def _capture(self) -> None:
        """Capture one step over tensors whose memory stays the same; their contents are unchanged afterwards."""
        self._inputs = empty_inputs(self._stream, self._rows)
        self._state = map_state(lambda tensor: tensor.contiguous().clone(), self._state)
        before = map_state(torch.clone, self._state)
        self._graph = CapturedGraph(lambda: step_in_place(self._stream, self._state, self._inputs), self._device)
        overwrite(self._state, before)


def empty_inputs(stream: Stream, rows: int) -> StepInputs:
    """Silence for `rows` conversations, on the stream's device."""

    def zeros(*size: int) -> Tensor:
        return torch.zeros(size, device=stream.device)

    noise = zeros(rows, stream.stepper.config.motion)
    return StepInputs(zeros(rows, HOP), zeros(rows, HOP), zeros(rows), zeros(rows), noise)


def step_in_place(stream: Stream, state: StreamState, inputs: StepInputs) -> Tensor:
    """Motion (B, motion) of the next frame; the state's tensors then hold the state after it."""
    motion, after = stream(state, inputs)
    overwrite(state, after)
    return motion


def overwrite(target: tuple, source: tuple) -> None:
    """Copy every tensor of a nested tuple into the tensor at the same place, unless they share memory."""

    def copy(old: Tensor, new: Tensor) -> Tensor:
        if old.data_ptr() != new.data_ptr() or old.device != new.device:
            old.copy_(new, non_blocking=True)
        return old

    map_state(copy, target, source)
