"""The graph beside trained weights, which a head steps with ONNX Runtime."""

import logging
from pathlib import Path

from dystream_ros.models.compact.graph.finding import write_graph
from dystream_ros.models.errors import ModelError

_LOG = logging.getLogger(__name__)


def write_graph_beside(weights: Path) -> None:
    """Write the graph file of weights; a failure is reported and stops nothing, since weights work without."""
    try:
        write_graph(weights)
    except (ModelError, OSError) as error:
        _LOG.warning("no graph is written beside %s: %s", weights, error)
