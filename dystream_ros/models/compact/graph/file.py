"""A graph file: the operations of a step as ONNX graphs without weights, and the state that they pass on.

The weights stay in their own file, by the names of its tensors, so a graph fits all weights of one architecture. The
file is a ZIP archive with `description.json`, `step.onnx`, for a model with lookahead `prime.onnx`, and `step_N.onnx`
for each number N of heads that can be stepped as one batch.
"""

import json
import math
import re
import secrets
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dystream_ros.models.errors import ModelError

FORMAT = 1
MOST_BYTES = 64_000_000  # of the unpacked file; that of the shipped model has a hundredth
_MOST_NUMBERS = 10_000_000  # of the state
_TYPES = ("float16", "float32", "float64", "int32", "int64", "bool")
SUFFIX = ".graph"
# Inputs and outputs of a graph are named by the tensor of the state, e.g. `state.sway` and `next.sway`.
BEFORE, AFTER = "state.", "next."
STEP_INPUTS = ("self_audio", "other_audio", "noise")
PRIME_INPUTS = ("self_audio", "other_audio")
_STAMP = (1980, 1, 1, 0, 0, 0)  # of the members of the archive: the same graphs give the same file
_DESCRIPTION, _STEP, _PRIME = "description.json", "step.onnx", "prime.onnx"
_TOGETHER = re.compile(r"step_(\d{1,2})\.onnx")


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
        together: steps of several heads, by their number. Each tensor of the state has that of one head after that of
            the other. A file of an earlier version has none.
    """

    architecture_sha256: str
    software: str
    noise_size: int
    state: tuple[StateTensor, ...]
    step: Graph
    prime: Graph | None
    together: Mapping[int, Graph] = field(default_factory=dict)

    def write(self, path: Path) -> None:
        """Write the file; the folder is made. Raises OSError."""
        graphs = {_STEP: self.step} | ({_PRIME: self.prime} if self.prime else {})
        graphs |= {f"step_{heads}.onnx": graph for heads, graph in self.together.items()}
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
            stated = sum(member.file_size for member in archive.infolist())
            if stated > MOST_BYTES:
                raise ValueError(f"{stated / 1e6:.0f} MB when unpacked, at most {MOST_BYTES // 10**6} are accepted")
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
                _size(described["noise_size"]),
                _state(described["state"]),
                graphs[_STEP],
                graphs.get(_PRIME),
                {int(name[1]): graph for each, graph in graphs.items() if (name := _TOGETHER.fullmatch(each))},
            )
    except ModelError:
        raise
    except Exception as error:  # damaged bytes make zipfile, zlib and json raise errors of many kinds
        raise ModelError(
            f"{path} is missing, damaged or no graph file ({type(error).__name__}: {error}); "
            "write it again with `dystream export`"
        ) from error


def _size(value: object) -> int:
    if type(value) is not int or not 0 < value <= _MOST_NUMBERS:
        raise ValueError(f"a size is {value!r}; accepted are 1 to {_MOST_NUMBERS}")
    return value


def _state(described: Sequence[Mapping[str, Any]]) -> tuple[StateTensor, ...]:
    state = []
    for tensor in described:
        name, dtype, fill = tensor["name"], tensor["dtype"], tensor["fill"]
        if not isinstance(name, str) or dtype not in _TYPES or not math.isfinite(fill):
            raise ValueError(f"the state has a tensor {name!r} of type {dtype!r}, filled with {fill!r}")
        state.append(StateTensor(name, tuple(_size(size) for size in tensor["shape"]), dtype, fill))
    _size(sum(math.prod(tensor.shape) for tensor in state))
    return tuple(state)


def beside(weights: Path) -> Path:
    """The path of the graph file of a weights file."""
    return weights.with_suffix(SUFFIX)
