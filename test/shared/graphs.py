"""A compact model of PyTorch as a model that steps with ONNX Runtime."""

from functools import cache

from dystream_ros.models.compact.graph.export import export
from dystream_ros.models.compact.graph.file import GraphFile
from dystream_ros.models.compact.graph.model import GraphModel
from dystream_ros.models.compact.model import CompactModel
from dystream_ros.models.compact.weights import content
from dystream_ros.models.guidance import Guidance
from dystream_ros.models.runtime import Runtime


def in_onnx(model: CompactModel) -> GraphModel:
    """The same weights in ONNX Runtime. A graph is exported once per architecture: that takes ten seconds."""
    return GraphModel(content(model), _graph(model.config, model.guidance), Runtime())


@cache
def _graph(config, guidance: Guidance) -> GraphFile:
    model = CompactModel(config, guidance).eval()
    return export(model, content(model).architecture_sha256())
