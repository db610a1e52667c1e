"""Writes the tables of parameters in docs/nodes.md from the tables in dystream_ros.nodes.parameters.

python scripts/write_node_docs.py
"""

import re
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from dystream_ros.nodes.parameters import PARAMETERS, Parameter  # noqa: E402

PAGE = ROOT / "docs" / "nodes.md"


def parameter_table(parameters: tuple[Parameter, ...]) -> str:
    """A table in Markdown, a row for each parameter."""
    rows = ["| Parameter | Default | Accepted | Takes effect | Meaning |", "|---|---|---|---|---|"]
    for each in parameters:
        default = {True: "true", False: "false"}.get(each.default, each.default) if each.type is bool else each.default
        shown = f"`{default}`" if default != "" else "empty"
        rows.append(f"| `{each.name}` | {shown} | {each.accepted} | {each.applies} | {each.description} |")
    return "\n".join(rows)


def written(page: str) -> str:
    """The page with every table between its marks made anew."""
    for node, parameters in PARAMETERS.items():
        begin, end = f"<!-- parameters of {node} -->\n", "\n<!-- end -->"
        pattern = re.escape(begin) + ".*?" + re.escape(end)
        table = parameter_table(parameters)
        page = re.sub(pattern, lambda _, text=begin + table + end: text, page, flags=re.DOTALL)
    return page


if __name__ == "__main__":
    PAGE.write_text(written(PAGE.read_text()))
