"""docs/nodes.md describes the parameters and topics of the nodes."""

import importlib.util
from pathlib import Path

import pytest

from dystream_ros.nodes.common.topics import TOPICS
from dystream_ros.nodes.parameters import PARAMETERS

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def page():
    return (ROOT / "docs" / "nodes.md").read_text()


def test_its_tables_of_parameters_are_those_of_the_nodes(page):
    spec = importlib.util.spec_from_file_location("write_node_docs", ROOT / "scripts" / "write_node_docs.py")
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    assert page == script.written(page), "run python scripts/write_node_docs.py"
    for node, parameters in PARAMETERS.items():
        assert f"<!-- parameters of {node} -->\n{script.parameter_table(parameters)}\n<!-- end -->" in page


@pytest.mark.parametrize("node", TOPICS)
def test_every_topic_is_in_the_section_of_its_node(page, node):
    section = page.split(f"\n## {node}\n")[1].split("\n## ")[0]
    for topic in TOPICS[node]:
        assert f"`{topic}`" in section
