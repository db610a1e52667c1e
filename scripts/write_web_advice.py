"""Writes dystream_ros/nodes/web/advice.json, what the page says about counters, from docs/troubleshooting.md."""

import json
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
TARGET = ROOT / "dystream_ros" / "nodes" / "web" / "advice.json"
# Heading of a table, and whether its counters begin with the party in `status`.
TABLES = {"Counters of a party: `self.*` and `other.*`": True, "Counters of the head": False}


def plain(cell: str) -> str:
    """The text of a cell without the marks of Markdown, as a sentence."""
    text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", cell).replace("`", "").strip()
    return text[:1].upper() + text[1:]


def advice() -> dict[str, dict[str, str]]:
    """Cause and what to do, by counter."""
    page = (ROOT / "docs" / "troubleshooting.md").read_text()
    result = {}
    for heading in TABLES:
        section = page.partition(f"## {heading}\n")[2].partition("\n## ")[0]
        for row in re.findall(r"^\| `(.+) \|$", section, re.MULTILINE):
            names, cause, what_to_do = ("`" + row).split(" | ")
            for name in re.findall(r"`(\w+)`", names):
                result[name] = {"cause": plain(cause), "what_to_do": plain(what_to_do)}
    return dict(sorted(result.items()))


def text() -> str:
    """The content of the file."""
    return json.dumps(advice(), indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    TARGET.write_text(text())
