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
from dystream_ros.models.compact.graph.together import Together
from dystream_ros.models.compact.weights_file import WeightsFile
from dystream_ros.models.runtime import Runtime
from dystream_ros.models.session_rows import SessionRows


class GraphModel:
    """A compact model that steps with ONNX Runtime; implements `engine.interfaces.Model`.

    Args:
        weights: its weights file.
        graphs: the graph file that fits it.
        runtime: provider, threads, and number of heads that are stepped together.

    Attributes:
        together: steps sessions of several threads as one batch; None where each steps alone.

    Raises:
        ModelError: ONNX Runtime lacks the provider, or the graphs do not fit the weights.
    """

    layout = ARKIT_LAYOUT
    hop = HOP

    def __init__(self, weights: WeightsFile, graphs: GraphFile, runtime: Runtime) -> None:
        self.config: CompactConfig = weights.config()
        self.graphs = Graphs(graphs, weights.tensors, runtime)
        self.together = Together(self.graphs, *self.graphs.together, runtime.window) if self.graphs.together else None

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

    A head's motion is bit for bit the same beside others as alone, unless the model steps heads together, which
    rounds differently.

    Args:
        model: the model.
        seeds: one per session; the same seed and audio give the same motion.
    """

    def __init__(self, model: GraphModel, seeds: Sequence[int]) -> None:
        super().__init__(model, seeds, model.graphs.noise_size, EVENT_FIELDS)
        together = model.together
        self._steppers = [together.stepper(self) if together else Stepper(model.graphs) for _ in seeds]

    def emitted(self, row: int, motion: MotionFrame) -> None:
        """Replace the last motion of a session by the one that was shown; the next step follows that one."""
        with (stepper := self._steppers[row]).held():
            stepper.state["previous"][0] = np.concatenate([motion.values, motion.head_pose])

    def _prime(self, row: int, self_audio: Samples, other_audio: Samples) -> None:
        with (stepper := self._steppers[row]).held():
            stepper.prime(*(np.ascontiguousarray(audio[None], np.float32) for audio in (self_audio, other_audio)))

    def _advance(self, self_audio: Samples, other_audio: Samples, noise: NDArray[np.float32]) -> list[MotionFrame]:
        values = len(self.layout.names)
        frames = []
        for row, stepper in enumerate(self._steppers):
            for name, given in (("self_audio", self_audio), ("other_audio", other_audio), ("noise", noise)):
                stepper.given[name][0] = given[row]
            stepper.step()
            with stepper.held():
                motion = stepper.state["previous"][0].copy()
            frames.append(MotionFrame(self._frames[row], motion[:values], motion[values:]))
        return frames

    def _restart(self, row: int) -> None:
        with (stepper := self._steppers[row]).held():
            stepper.reset()
