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
        default = str(each.default).lower() if each.type is bool else str(each.default)
        shown = f"`{default}`" if default else "empty"
        rows.append(f"| `{each.name}` | {shown} | {each.accepted} | {each.applies} | {each.description} |")
    return "\n".join(rows)


def written(page: str) -> str:
    """The page with each table between its marks replaced."""
    for node, parameters in PARAMETERS.items():
        begin, end = f"<!-- parameters of {node} -->\n", "<!-- end -->"
        pattern = re.escape(begin) + ".*?" + re.escape(end)
        table = parameter_table(parameters) + "\n"
        page = re.sub(pattern, (begin + table + end).replace("\\", r"\\"), page, flags=re.DOTALL)
    return page


if __name__ == "__main__":
    PAGE.write_text(written(PAGE.read_text()))
