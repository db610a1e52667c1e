"""The characters that ship with the package, and the command that makes dystream_ros/assets/portraits/*.face.

python -m dystream_lab.characters.cast [NAME ...]
python -m dystream_lab.characters.cast --sheet docs/characters.jpg
"""

import argparse
from pathlib import Path

import cv2
import numpy as np

from dystream_lab.characters.character import Character
from dystream_lab.characters.portrait import make_character
from dystream_ros.face.motion import MotionFrame
from dystream_ros.portraits.gallery import coefficients, write_sheet
from dystream_ros.rendering.backend import open_renderer
from dystream_ros.rendering.portrait import ASSETS, save_portrait

# Coefficients and head poses.
SHOWN: tuple[tuple[dict[str, float], tuple[float, ...]], ...] = (
    ({}, (0, 0, 0, 0, 0, 0)),
    ({"jawOpen": 0.35, "mouthLowerDown": 0.3, "mouthUpperUp": 0.2}, (0, 0, 0, 0, 0, 0)),
    ({"mouthSmile": 0.8, "cheekSquint": 0.5}, (0, 0, 0, 0, 0, 0)),
    ({"eyeBlink": 1.0}, (0, 0, 0, 0, 0, 0)),
    ({}, (0, 0, 0.35, 0, 0, 0)),
)
CAST: dict[str, Character] = {
    "lumi": Character(
        material="drawn", sex="female", age=28, hair="bob", hair_colour="#5a3527", eyes="#2f7f86", skin="#f0c3a2",
        clothes="#e2725b", background="mint",
    ),
    "dot": Character(material="puppet", background="cream"),
    "robot": Character(material="robot", background="night"),
    "ada": Character(
        sex="female", age=33, hair="bob", hair_colour="auburn", eyes="green", freckles=0.3, clothes="teal", seed=21,
    ),
    "kofi": Character(
        sex="male", age=36, ancestry="african", hair="crop", facial_hair="stubble", clothes="mustard",
        background="warm", seed=4,
    ),
    "mei": Character(
        sex="female", age=26, ancestry="asian", hair="long", clothes="burgundy", background="sand", seed=8,
    ),
    "henrik": Character(
        sex="male", age=68, hair="parted", facial_hair="beard", eyes="blue", clothes="navy", background="sage",
        weight=0.3, seed=12,
    ),
    "amara": Character(
        sex="female", age=44, ancestry="african", hair="curly", clothes="plum", background="dusk", weight=-0.2, seed=17,
    ),
    "leo": Character(
        sex="male", age=13, ancestry="asian:0.4,caucasian:0.6", hair="short", hair_colour="dark brown",
        clothes="forest", weight=-0.3, seed=30,
    ),
}  # fmt: skip


def cast_sheet(names: list[str], side: int = 170) -> np.ndarray:
    """BGR sheet with one column per character: at rest, speaking, smiling, blinking, turned."""
    columns = []
    for name in names:
        with open_renderer(name, 2 * side, 2 * side, framing="head") as renderer:
            cells = [
                renderer.render(MotionFrame(0, coefficients(named), np.array(pose, np.float32)))
                for named, pose in SHOWN
            ]
        columns.append(np.vstack([cv2.resize(cell, (side, side), interpolation=cv2.INTER_AREA) for cell in cells]))
    return np.hstack(columns)


def main(arguments: list[str] | None = None) -> None:
    """Entry point of the command in the module's docstring."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", default=[], help=", ".join(CAST))
    parser.add_argument("--sheet", type=Path, help="draw the characters that ship into a PNG or JPEG file instead")
    options = parser.parse_args(arguments)
    if options.sheet:
        write_sheet(cast_sheet(options.names or list(CAST)), options.sheet)
        return
    for name in options.names or CAST:
        save_portrait(make_character(CAST[name]), ASSETS / "portraits" / f"{name}.face")


if __name__ == "__main__":
    main()
