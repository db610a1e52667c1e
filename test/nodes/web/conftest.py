"""A server, and a head beside it."""

import pytest
from web_page import Site, free_port


@pytest.fixture(scope="module")
def site(graph, tmp_path_factory):
    """A server for this machine, with a token."""
    port, token = free_port(), "a token of this test"
    process = graph.start(
        "web", port=port, token=token, pages=4, camera="eyes", state_folder=str(tmp_path_factory.mktemp("state"))
    )
    process.until_log(f"open http://127.0.0.1:{port}/#token=")
    site = Site(port, token)
    site.process = process
    return site


@pytest.fixture(scope="module")
def head(graph, site):
    """A head that is active."""
    process = graph.start("head", image_width=128, image_height=128)
    process.until_log("[head]: active")
    return process
