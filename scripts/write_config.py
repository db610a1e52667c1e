"""Writes config/<node>.yaml for each node from its table of parameters: each parameter with its default."""

import sys
import textwrap
from pathlib import Path

import yaml

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from dystream_ros.nodes.parameters import PARAMETERS, Parameter  # noqa: E402


def config_text(node: str) -> str:
    """The YAML file of a node; `/**` matches any node name and namespace."""
    lines = [f"# Parameters of the node `{node}` with their defaults. Give a copy of this file to --params-file."]
    lines += ["/**:", "  ros__parameters:"]
    for parameter in PARAMETERS[node]:
        lines += [f"    # {line}" for line in textwrap.wrap(_comment(parameter), width=112)]
        lines.append(f"    {parameter.name}: {_value(parameter)}")
    return "\n".join(lines) + "\n"


def _comment(parameter: Parameter) -> str:
    return f"{parameter.description} ({parameter.accepted}; takes effect {parameter.applies})"


def _value(parameter: Parameter) -> str:
    text = yaml.safe_dump(parameter.default, default_style='"' if parameter.type is str else None)
    return text.removesuffix("...\n").strip()


if __name__ == "__main__":
    for node in PARAMETERS:
        (ROOT / "config" / f"{node}.yaml").write_text(config_text(node))
