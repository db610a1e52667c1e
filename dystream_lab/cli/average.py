"""dystream average: average weights of compact from one training run.

Averages weights of one architecture, number by number. The average of the weights of a training's later half often
generalises better than the last weights alone; compare both with `dystream evaluate lips --sets valid`. The settings
are those of the last file.
"""

import argparse
from pathlib import Path

EXAMPLES = """examples:
  dystream average runs/first/step-{08000,10000,12000}.safetensors -o runs/first/average.safetensors
  dystream average a.safetensors b.safetensors -o both.safetensors --setting temperature=0.96
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declares the options."""
    parser.add_argument("weights", type=Path, nargs="+", help=".safetensors files of dystream train")
    parser.add_argument(
        "-o", "--output", type=Path, metavar="FILE", required=True, help=".safetensors file of the average"
    )
    parser.add_argument(
        "--setting",
        action="append",
        default=[],
        metavar="NAME=NUMBER",
        help="a setting of the sampler, stored in the file: steps, lip_flow, temperature, or gaze_, brow_, smile_ or "
        "lip_temperature",
    )


def run(args: argparse.Namespace) -> int:
    """Runs the command."""
    from dystream_ros.cli.arguments import check_file, check_output

    for path in args.weights:
        check_file(path, "weights of compact, .safetensors")
    check_output(args.output, (".safetensors",))
    from dystream_lab.training.graph import write_graph_beside
    from dystream_ros.models.compact import weights
    from dystream_ros.models.compact.model import CompactModel

    mean = weights.average(args.weights)
    model = CompactModel(mean.config.sampled_with(args.setting), mean.guidance)
    model.load_state_dict(mean.state_dict())
    weights.save(model, args.output)
    print(f"wrote {args.output}, the average of {len(args.weights)} files")
    write_graph_beside(args.output)
    return 0
