"""A computation on an NVIDIA GPU captured once as a CUDA graph and replayed: one launch, no new memory."""

import threading
from collections.abc import Callable

import torch
from torch import Tensor

_WARM_UP = 3  # runs before the capture: libraries choose their kernels and reserve memory
_CAPTURING = threading.Lock()  # two threads may capture, one for motion and one for pictures


class CapturedGraph:
    """Replays the work of a function.

    Args:
        compute: reads and writes tensors whose memory stays the same, and returns one; it runs a few times here.
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
            # Thread local: work of another thread on the GPU does not invalidate the capture.
            with torch.cuda.graph(self._graph, stream=stream, capture_error_mode="thread_local"):
                self._result = compute()
            torch.cuda.current_stream().wait_stream(stream)

    def __call__(self) -> Tensor:
        """Run it on the present contents of its tensors; the next call overwrites the result."""
        with torch.cuda.device(self._device):
            self._graph.replay()
        return self._result
