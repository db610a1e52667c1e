"""The command `control`, on a node that has parameters but no lifecycle."""

import pytest


@pytest.fixture(scope="module")
def node(graph):
    terminal = graph.start("terminal")
    terminal.until_log("waiting for a head")
    return terminal


def control(graph, *action, node="/terminal"):
    return graph.control("--node", node, "--timeout", "5", *action)


def test_a_parameter_is_printed(graph, node):
    printed = control(graph, "get", "period")
    assert printed.stdout == "1.0\n", printed.stderr
    assert printed.returncode == 0


@pytest.mark.parametrize(
    ("action", "sentence"),
    [
        (("get", "tempo"), "/terminal has no parameter 'tempo'"),
        (("set", "period", "[1, 'a']"), "'[1, 'a']' is no parameter value"),
        (("set", "period", "{"), "'{' is no parameter value"),
        (("set", "period", "9223372036854775808"), "'9223372036854775808' is no parameter value"),
        (("set", "period", "2.0"), "read-only"),
        (("set", "status_file", "#203040"), "read-only"),
        (("set", "status_file", ""), "read-only"),
    ],
    ids=["unknown parameter", "mixed list", "no YAML", "too large", "read-only parameter", "colour", "empty text"],
)
def test_what_is_refused_is_one_sentence_and_status_2(graph, node, action, sentence):
    refused = control(graph, *action)
    assert refused.returncode == 2
    assert refused.stdout == ""
    assert sentence in refused.stderr
    assert "Traceback" not in refused.stderr


def test_a_service_that_is_missing_is_named(graph, node):
    failed = graph.control("--node", "terminal", "--timeout", "0.2", "state")
    assert failed.returncode == 2
    assert failed.stderr.startswith("no service /terminal/get_state within 0.2 s")
