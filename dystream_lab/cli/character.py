"""dystream character: make a face from a few words, without a photo.

`dystream character new` writes a .face file, which is used like any portrait. Options that are not given are chosen to
suit the others; another seed gives another person.
"""

import argparse
import sys
from pathlib import Path

EXAMPLES = """examples:
  dystream character list
  dystream character new --age 35 --sex female --ancestry african --hair curly --seed 7 -o me.face
  dystream character new --ancestry asian:0.5,caucasian:0.5 --sex male --facial-hair stubble -o me.face
  dystream character new --like robot --eyes amber --background '#00ff00' -o overlay.face
  dystream render --portrait me.face --self a.wav -o out.mp4
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declares the actions."""
    from dystream_lab.characters.character import ANCESTRIES, FACIAL_HAIR, FRAMINGS, HAIR_STYLES, MATERIALS, SEXES

    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    actions.add_parser("list", help="the shipped characters, and all named colours")
    new = actions.add_parser(
        "new",
        help="parameters to .face file",
        description="Makes one character and writes a .face file.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    new.add_argument("-o", "--output", type=Path, required=True, metavar="FILE", help="the .face file")
    new.add_argument("--like", metavar="NAME", help="begin with a shipped character (see `list`) and change it")
    new.add_argument("--sex", choices=SEXES)
    new.add_argument("--age", type=float, metavar="YEARS", help="10 to 85")
    new.add_argument("--ancestry", help=f"{', '.join(ANCESTRIES)}, or a mix such as asian:0.6,caucasian:0.4")
    new.add_argument("--weight", type=float, metavar="SHARE", help="-1 thin to 1 heavy")
    new.add_argument("--skin", metavar="COLOUR", help="a colour of `list` or #rrggbb")
    new.add_argument("--hair", choices=("auto", *HAIR_STYLES))
    new.add_argument("--hair-colour", metavar="COLOUR")
    new.add_argument("--facial-hair", choices=FACIAL_HAIR)
    new.add_argument("--eyes", metavar="COLOUR")
    new.add_argument("--freckles", type=float, metavar="SHARE", help="0 none to 1 many")
    new.add_argument("--clothes", metavar="COLOUR")
    new.add_argument(
        "--background", metavar="COLOUR", help="a colour of `list`, #rrggbb, or #rrggbb,#rrggbb from top to bottom"
    )
    new.add_argument("--material", choices=MATERIALS)
    new.add_argument("--framing", choices=FRAMINGS)
    new.add_argument("--seed", type=int, metavar="N", help="another seed gives another person of this description")
    new.add_argument("--preview", type=Path, metavar="FILE", help="also write a sheet of expressions (PNG or JPEG)")


def run(args: argparse.Namespace) -> int:
    """Runs `dystream character list` or `dystream character new`."""
    return _list() if args.action == "list" else _new(args)


def _list() -> int:
    from dystream_lab.characters import colours
    from dystream_lab.characters.cast import CAST

    for name, character in CAST.items():
        kind = "robot" if character.material == "robot" else f"{character.sex}, {character.age:g}, {character.ancestry}"
        print(f"{name:10} {kind}")
    for what, table in (
        ("skin", colours.SKIN), ("hair", colours.HAIR), ("eyes", colours.EYES), ("clothes", colours.CLOTHES),
        ("background", colours.BACKGROUNDS),
    ):  # fmt: skip
        print(f"{what + ':':11}{', '.join(table)}")
    return 0


def _new(args: argparse.Namespace) -> int:
    from dataclasses import asdict

    from dystream_lab.characters.cast import CAST
    from dystream_lab.characters.character import PARAMETERS, Character
    from dystream_lab.characters.portrait import make_character
    from dystream_ros.cli.arguments import check_output
    from dystream_ros.cli.gallery import PICTURE_FILES
    from dystream_ros.rendering.portrait import save_portrait

    if args.output.suffix != ".face":
        raise ValueError(f"a character is written to a .face file, got {args.output}")
    if args.like is not None and args.like not in CAST:
        raise ValueError(f"there is no character '{args.like}'; the shipped ones are {', '.join(CAST)}")
    start = asdict(CAST[args.like]) if args.like else {}
    given = {name: getattr(args, name) for name in PARAMETERS if getattr(args, name) is not None}
    character = Character(**{**start, **given})
    check_output(args.output)
    if args.preview:
        check_output(args.preview, PICTURE_FILES)
    print("making the character takes some seconds", file=sys.stderr)
    portrait = make_character(character)
    save_portrait(portrait, args.output)
    print(args.output)
    if args.preview:
        from dystream_ros.portraits.gallery import preview_sheet, write_sheet

        write_sheet(preview_sheet(portrait), args.preview)
        print(args.preview)
    return 0
