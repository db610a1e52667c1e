"""The compact model for live sessions: its graphs, without PyTorch."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from dystream_ros.engine.interfaces import Samples
from dystream_ros.face.motion import ARKIT_LAYOUT, MotionFrame, neutral_frame
from dystream_ros.face.stages.close_lips import close_named_lips
from dystream_ros.models.compact.config import EVENT_FIELDS, HOP, CompactConfig
from dystream_ros.models.compact.graph.file import GraphFile
from dystream_ros.models.compact.graph.running import Graphs, Stepper
from dystream_ros.models.compact.weights_file import WeightsFile
from dystream_ros.models.runtime import Runtime
from dystream_ros.models.session_rows import SessionRows


class GraphModel:
    """A compact model that steps with ONNX Runtime; implements `engine.interfaces.Model`.

    Args:
        weights: its weights file.
        graphs: the graph file that fits it.
        runtime: provider and threads.

    Raises:
        ModelError: ONNX Runtime lacks the provider, or the graphs do not fit the weights.
    """

    layout = ARKIT_LAYOUT
    hop = HOP

    def __init__(self, weights: WeightsFile, graphs: GraphFile, runtime: Runtime) -> None:
        self.config: CompactConfig = weights.config()
        self.graphs = Graphs(graphs, weights.tensors, runtime)

    @property
    def lookahead(self) -> int:
        """Samples past the end of a frame that its motion depends on."""
        return self.config.lookahead

    @property
    def neutral(self) -> MotionFrame:
        """The face at rest."""
        return neutral_frame(self.layout)

    def close_lips(self, motion: MotionFrame, amount: float) -> MotionFrame:
        """The motion with its lips closed by a share of 0 to 1."""
        return close_named_lips(motion, amount)

    def sessions(self, seeds: Sequence[int]) -> "GraphSessionBatch":
        """Fresh sessions of several heads, one per seed."""
        return GraphSessionBatch(self, seeds)


class GraphSessionBatch(SessionRows):
    """Heads on one `GraphModel`, stepped one after another; implements `engine.interfaces.SessionBatch`.

    A head's motion is bit for bit the same beside others as alone.

    Args:
        model: the model.
        seeds: one per session; the same seed and audio give the same motion.
    """

    def __init__(self, model: GraphModel, seeds: Sequence[int]) -> None:
        super().__init__(model, seeds, model.graphs.noise_size, EVENT_FIELDS)
        self._steppers = [Stepper(model.graphs) for _ in seeds]

    def emitted(self, row: int, motion: MotionFrame) -> None:
        """Replace the last motion of a session by the one that was shown; the next step follows that one."""
        self._steppers[row].state["previous"][0] = np.concatenate([motion.values, motion.head_pose])

    def _prime(self, row: int, self_audio: Samples, other_audio: Samples) -> None:
        self._steppers[row].prime(
            *(np.ascontiguousarray(audio[None], np.float32) for audio in (self_audio, other_audio))
        )

    def _advance(self, self_audio: Samples, other_audio: Samples, noise: NDArray[np.float32]) -> list[MotionFrame]:
        values = len(self.layout.names)
        frames = []
        for row, stepper in enumerate(self._steppers):
            for name, given in (("self_audio", self_audio), ("other_audio", other_audio), ("noise", noise)):
                stepper.given[name][0] = given[row]
            stepper.step()
            motion = stepper.state["previous"][0]
            frames.append(MotionFrame(self._frames[row], motion[:values].copy(), motion[values:].copy()))
        return frames

    def _restart(self, row: int) -> None:
        self._steppers[row].reset()
