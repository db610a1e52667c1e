"""The characters that ship with the package, and the command that makes their files.

python -m dystream_ros.rendering.character_cast [NAME ...]
"""

import argparse

from dystream_ros.rendering.character import Character
from dystream_ros.rendering.character_portrait import make_character
from dystream_ros.rendering.portrait import ASSETS, save_portrait

CAST = {
    "ada": Character(
        sex="female", age=33, hair="bob", hair_colour="auburn", eyes="green", freckles=0.5, clothes="teal", seed=21,
    ),
    "kofi": Character(
        sex="male", age=36, ancestry="african", hair="buzz", facial_hair="stubble", clothes="mustard",
        background="warm", seed=4,
    ),
    "mei": Character(
        sex="female", age=26, ancestry="asian", hair="long", clothes="burgundy", background="sand", seed=8,
    ),
    "henrik": Character(
        sex="male", age=68, hair="receding", facial_hair="beard", eyes="blue", clothes="navy", background="sage",
        weight=0.3, seed=12,
    ),
    "amara": Character(
        sex="female", age=50, ancestry="african", hair="curly", clothes="plum", background="dusk", weight=0.2, seed=15,
    ),
    "leo": Character(
        sex="male", age=13, ancestry="asian:0.4,caucasian:0.6", hair="short", hair_colour="dark brown",
        clothes="forest", seed=18,
    ),
    "robot": Character(material="robot", sex="female", age=30, clothes="charcoal", background="night", seed=5),
}  # fmt: skip


def main(arguments: list[str] | None = None) -> None:
    """Entry point of the command in the module's docstring."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", default=[], help=", ".join(CAST))
    for name in parser.parse_args(arguments).names or CAST:
        save_portrait(make_character(CAST[name]), ASSETS / "portraits" / f"{name}.face")


if __name__ == "__main__":
    main()
