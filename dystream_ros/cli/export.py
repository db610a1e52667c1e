"""dystream export: the graph that ONNX Runtime steps, for weights of compact.

A head steps `compact` with ONNX Runtime, which takes a third of the time of PyTorch and needs no PyTorch. The graph is
exported from the network that was trained. It holds operations without weights, so it fits all weights of the same
architecture and settings. `dystream train` and `dystream average` write it themselves. A head also finds the graph of
weights with the architecture of the shipped model, and exports others at the first load.
"""

import argparse
from pathlib import Path

EXAMPLES = """examples:
  dystream export mine.safetensors                    writes mine.graph
  dystream export mine.safetensors -o robot/mine.graph
  dystream export mine.safetensors --again            also if a graph of this architecture is stored
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declares the options."""
    parser.add_argument("weights", type=Path, metavar="FILE", help="weights of compact, .safetensors")
    parser.add_argument(
        "-o", "--output", type=Path, metavar="FILE", help="graph file (default: beside the weights, with .graph)"
    )
    parser.add_argument(
        "--again", action="store_true", help="export it also if a graph of the same architecture is stored"
    )


def run(args: argparse.Namespace) -> int:
    """Runs the command."""
    from dystream_ros.cli.arguments import check_file, check_output
    from dystream_ros.models.compact.graph.file import SUFFIX
    from dystream_ros.models.compact.graph.finding import write_graph

    check_file(args.weights, "weights of compact, .safetensors")
    if args.output is not None:
        check_output(args.output, (SUFFIX,))
    print(f"wrote {write_graph(args.weights, args.output, args.again)}")
    return 0
