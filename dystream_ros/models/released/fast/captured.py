"""A computation on an NVIDIA GPU captured once as a graph and replayed: no launches one by one, no new memory."""

import threading
from collections.abc import Callable

import torch
from torch import Tensor

_WARM_UP = 3  # runs before the capture, in which libraries choose their kernels and reserve their memory
_CAPTURING = threading.Lock()  # motion and pictures may be captured by two threads


class CapturedGraph:
    """Replays what a function did.

    Args:
        compute: reads and writes tensors that stay where they are, and returns one; it runs a few times here.
        device: a GPU.
    """

    def __init__(self, compute: Callable[[], Tensor], device: torch.device) -> None:
        self._device = device
        with _CAPTURING, torch.cuda.device(device):
            stream = torch.cuda.Stream()
            stream.wait_stream(torch.cuda.current_stream())
            with torch.cuda.stream(stream):
                for _ in range(_WARM_UP):
                    compute()
            self._graph = torch.cuda.CUDAGraph()
            # Thread local: what another thread does on the GPU meanwhile does not spoil the capture.
            with torch.cuda.graph(self._graph, stream=stream, capture_error_mode="thread_local"):
                self._result = compute()
            torch.cuda.current_stream().wait_stream(stream)

    def __call__(self) -> Tensor:
        """Run it on what its tensors hold now; the result is overwritten by the next call."""
        with torch.cuda.device(self._device):
            self._graph.replay()
        return self._result
