"""Several heads in one process: one program, one copy of the weights, a namespace for each head.

Frames that are due at the same time are computed as one batch (`models.compact.graph.together`, `step_together`).
"""

import threading
import weakref
from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

from dystream_ros.engine.interfaces import Model
from dystream_ros.models.registry import LoadedModel, load_model
from dystream_ros.models.runtime import Runtime
from dystream_ros.nodes.head.engine import Engine, open_engine
from dystream_ros.nodes.head.node import HeadNode
from dystream_ros.nodes.parameters import HeadSettings

if TYPE_CHECKING:
    from dystream_ros.models.compact.graph.model import GraphModel

MOST = 16


def namespaces(wanted: Sequence[str]) -> list[str]:
    """The namespaces of the heads from the command line: names, or one number N for robot_1 ... robot_N.

    Raises:
        ValueError: a number that is not 1 to 16, a name that ROS does not accept, or the same name twice.
    """
    if len(wanted) == 1 and wanted[0].lstrip("-").isdigit():
        count = int(wanted[0])
        if not 1 <= count <= MOST:
            raise ValueError(f"--heads {count}: accepted is 1 to {MOST}, or names of namespaces")
        return [f"robot_{number}" for number in range(1, count + 1)]
    names = [name.strip("/") for name in wanted]
    for name in names:
        if not all(part.isidentifier() for part in name.split("/")):
            raise ValueError(f"--heads {name!r}: accepted are names of namespaces, such as left or stage/left")
    if len(set(names)) < len(names) or len(names) > MOST:
        raise ValueError(f"--heads {' '.join(wanted)}: accepted are up to {MOST} different names")
    return names


class SharedModels:
    """Loads a model once for all heads that use it at the same time; the last of them frees it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._networks: weakref.WeakValueDictionary[tuple[str, Runtime], GraphModel] = weakref.WeakValueDictionary()
        self._sha256: dict[tuple[str, Runtime], str] = {}

    def load(self, name: str, runtime: Runtime) -> LoadedModel:
        """As `registry.load_model`; any thread. A model whose sessions belong to one thread is not shared."""
        key = name, runtime
        with self._lock:
            if (known := self._networks.get(key)) is not None:
                return LoadedModel(name, known, self._sha256[key])
            loaded = load_model(name, runtime)
            if (network := _shared(loaded.network)) is not None:
                self._networks[key], self._sha256[key] = network, loaded.weights_sha256
            return loaded

    def steps(self) -> Counter[int]:
        """Steps of the models in use, by the number of heads whose frames they computed; none without batches."""
        with self._lock:
            counted = [network.together.steps for network in self._networks.values() if network.together]
        return sum(map(Counter, counted), Counter())


def _shared(network: Model) -> "GraphModel | None":
    """A model whose sessions may run in different threads."""
    try:
        from dystream_ros.models.compact.graph.model import GraphModel
    except ImportError:  # without ONNX Runtime there is none
        return None
    return network if isinstance(network, GraphModel) else None


class SeveralHeads(HeadNode):
    """The first of several heads, which starts, spins and stops the others with itself.

    Args:
        places: full namespaces, one per head.
    """

    def __init__(self, places: Sequence[str]) -> None:
        self._models, self._batched = SharedModels(), False
        engine: Callable[[HeadSettings], Engine] = partial(open_engine, load=self._models.load, heads=len(places))
        first, *others = (["--ros-args", "-r", f"__ns:={place}"] for place in places)
        super().__init__(engine, arguments=first, heads=len(places))
        self._others = [HeadNode(engine, arguments=each, heads=len(places)) for each in others]

    def start(self) -> None:
        """Start all heads."""
        super().start()
        for head in self._others:
            if self.executor is not None:
                self.executor.add_node(head)
            head.start()

    def finished(self) -> bool:
        """Whether all heads were shut down."""
        return super().finished() and all(head.finished() for head in self._others)

    def _look(self) -> None:
        super()._look()
        if not self._batched and max(self._models.steps(), default=1) > 1:
            self._batched = True
            self.get_logger().info("frames of several heads are computed as batches")

    def stop(self) -> None:
        """Bring all faces to neutral at the same time, and release everything."""
        if steps := self._models.steps():
            frames = sum(heads * count for heads, count in steps.items())
            counts = ", ".join(f"{count} of {heads}" for heads, count in sorted(steps.items()))
            self.get_logger().info(f"{frames} frames were computed in {sum(steps.values())} steps (heads: {counts})")
        stopping = [threading.Thread(target=head.stop) for head in self._others]
        for thread in stopping:
            thread.start()
        super().stop()
        for thread in stopping:
            thread.join()
        for head in self._others:
            if self.executor is not None:
                self.executor.remove_node(head)
            head.destroy_node()
        self._others = []
