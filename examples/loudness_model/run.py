"""Runs the head or a `dystream` command with the family `loudness` registered.

python examples/loudness_model/run.py render --self a.wav --model examples/loudness_model/loudness.yaml -o face.mp4
python examples/loudness_model/run.py head --ros-args -p model:=examples/loudness_model/loudness.yaml
"""

import sys

from dystream_ros.models.registry import FAMILIES, Registration

# This script's folder is on sys.path: `family` is family.py beside it. A package of your own names it in full.
FAMILIES["loudness"] = Registration("family")


def main() -> int:
    if sys.argv[1:2] == ["head"]:
        from dystream_ros.nodes.head.__main__ import main as head

        return head(sys.argv[2:])
    from dystream_ros.cli import main as dystream

    return dystream(sys.argv[1:])


sys.exit(main())
