"""dystream average: one model of the weights that a training passed through."""

import argparse
from pathlib import Path

EXAMPLES = """examples:
  dystream average runs/first/step-{08000,10000,12000}.safetensors -o runs/first/average.safetensors
  dystream average a.safetensors b.safetensors -o both.safetensors --setting temperature=0.96
"""


def add_parser(subparsers: argparse._SubParsersAction) -> None:
    """Declares the command."""
    parser = subparsers.add_parser(
        "average",
        help="average weights of compact that one training passed through",
        description="Averages weights of one architecture, number by number. Those of a training's later half often "
        "generalise a little better together than the last alone; `dystream evaluate lips --sets valid` tells. The "
        "settings are those of the last file.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("weights", type=Path, nargs="+", help=".safetensors files of dystream train")
    parser.add_argument("-o", "--output", type=Path, metavar="FILE", required=True, help="where the average goes")
    parser.add_argument(
        "--setting",
        action="append",
        default=[],
        metavar="NAME=NUMBER",
        help="steps, temperature, lip_temperature or lip_flow of the sampler, kept in the file",
    )


def run(args: argparse.Namespace) -> int:
    """Runs the command."""
    from dystream_ros.models.compact import weights
    from dystream_ros.models.compact.model import CompactModel

    mean = weights.average(args.weights)
    model = CompactModel(mean.config.sampled_with(args.setting), mean.guidance)
    model.load_state_dict(mean.state_dict())
    weights.save(model, args.output)
    print(f"wrote {args.output}, the average of {len(args.weights)}")
    return 0
