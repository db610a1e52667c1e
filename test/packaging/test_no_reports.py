"""No library reports to its maker what a face does."""

import os
import subprocess
import sys

_LOAD = """
from dystream_ros.models.registry import load_model
from dystream_ros.models.runtime import Runtime
load_model("compact", Runtime())
"""


def test_a_model_is_run_without_an_identifier_of_the_machine_in_the_home_folder(tmp_path):
    """ONNX Runtime writes the identifier that it reports with as soon as it begins."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("ORT_", "XDG_"))}
    run = subprocess.run(
        [sys.executable, "-c", _LOAD], env=kept | {"HOME": str(tmp_path)}, capture_output=True, text=True
    )
    assert run.returncode == 0, run.stderr
    assert [path for path in tmp_path.rglob("*") if "onnxruntime" in path.name] == []
