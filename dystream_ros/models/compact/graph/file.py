"""A graph file: the operations of a step as ONNX graphs without weights, and the state that they pass on.

The weights stay in their own file, by the names of its tensors, so a graph fits all weights of one architecture. The
file is a ZIP archive with `description.json`, `step.onnx` and, for a model with lookahead, `prime.onnx`.
"""

import json
import secrets
import zipfile
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dystream_ros.models.errors import ModelError

FORMAT = 1
SUFFIX = ".graph"
# Inputs and outputs of a graph are named by the tensor of the state, e.g. `state.sway` and `next.sway`.
BEFORE, AFTER = "state.", "next."
STEP_INPUTS = ("self_audio", "other_audio", "noise")
PRIME_INPUTS = ("self_audio", "other_audio")
_STAMP = (1980, 1, 1, 0, 0, 0)  # of the members of the archive: the same graphs give the same file
_DESCRIPTION, _STEP, _PRIME = "description.json", "step.onnx", "prime.onnx"


@dataclass(frozen=True)
class StateTensor:
    """A tensor of the state of one session.

    Attributes:
        name: path in the state, e.g. "audio.self_features.tail".
        shape: with a first dimension of 1, or of the branches of guidance.
        dtype: name of a NumPy type.
        fill: value of all its numbers before the first frame.
    """

    name: str
    shape: tuple[int, ...]
    dtype: str
    fill: float

    def fresh(self) -> NDArray[np.generic]:
        """The tensor before the first frame."""
        return np.full(self.shape, self.fill, self.dtype)


@dataclass(frozen=True)
class Graph:
    """Operations without weights.

    Attributes:
        model: serialized ONNX model.
        weights: names of the tensors that it takes from the weights file.
    """

    model: bytes
    weights: tuple[str, ...]


@dataclass(frozen=True)
class GraphFile:
    """Content of a graph file.

    Attributes:
        architecture_sha256: `WeightsFile.architecture_sha256` of the weights that it fits.
        software: version of this package that exported it.
        noise_size: standard normal numbers per frame.
        state: the tensors of the state, in the order of the network's.
        step: of one frame.
        prime: takes in the lookahead of the first frame; None for a model without lookahead.
    """

    architecture_sha256: str
    software: str
    noise_size: int
    state: tuple[StateTensor, ...]
    step: Graph
    prime: Graph | None

    def write(self, path: Path) -> None:
        """Write the file; the folder is made. Raises OSError."""
        graphs = {_STEP: self.step} | ({_PRIME: self.prime} if self.prime else {})
        described = {
            "format": FORMAT,
            "architecture_sha256": self.architecture_sha256,
            "software": self.software,
            "noise_size": self.noise_size,
            "state": [asdict(tensor) for tensor in self.state],
            "weights": {name: graph.weights for name, graph in graphs.items()},
        }
        members = {_DESCRIPTION: json.dumps(described, indent=1).encode()}
        members |= {name: graph.model for name, graph in graphs.items()}
        path.parent.mkdir(parents=True, exist_ok=True)
        # Replaced as a whole, since another process may read or write the file meanwhile.
        new = path.with_name(f".{path.name}.{secrets.token_hex(4)}.new")
        try:
            with zipfile.ZipFile(new, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
                for name, content in members.items():
                    archive.writestr(zipfile.ZipInfo(name, _STAMP), content, zipfile.ZIP_DEFLATED)
            new.replace(path)
        finally:
            new.unlink(missing_ok=True)


def read(path: Path) -> GraphFile:
    """Read a graph file.

    Raises:
        ModelError: the file is missing or damaged, or of another format.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            described = json.loads(archive.read(_DESCRIPTION))
            if described["format"] != FORMAT:
                raise ModelError(
                    f"{path} has the format {described['format']}; this version reads {FORMAT}: "
                    "write it again with `dystream export`"
                )
            graphs = {name: Graph(archive.read(name), tuple(weights)) for name, weights in described["weights"].items()}
            return GraphFile(
                described["architecture_sha256"],
                described["software"],
                described["noise_size"],
                tuple(
                    StateTensor(tensor["name"], tuple(tensor["shape"]), tensor["dtype"], tensor["fill"])
                    for tensor in described["state"]
                ),
                graphs[_STEP],
                graphs.get(_PRIME),
            )
    except ModelError:
        raise
    except Exception as error:  # damaged bytes make zipfile, zlib and json raise errors of many kinds
        raise ModelError(
            f"{path} is missing, damaged or no graph file ({type(error).__name__}: {error}); "
            "write it again with `dystream export`"
        ) from error


def beside(weights: Path) -> Path:
    """The path of the graph file of a weights file."""
    return weights.with_suffix(SUFFIX)
