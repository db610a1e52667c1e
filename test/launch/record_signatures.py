"""Writes signatures.json: how the classes of ROS launch that the launch files use are called.

python test/launch/record_signatures.py        where launch and launch_ros are installed
"""

import importlib
import inspect
import json
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "test" / "shared"))

from launch_stand_in import CLASSES  # noqa: E402

FILE = Path(__file__).with_name("signatures.json")


def signature(class_):
    """Positional and keyword arguments of the constructor, those of its base classes included."""
    positional, keywords = [], set()
    for base in class_.__mro__[:-1]:
        parameters = list(inspect.signature(base.__init__).parameters.values())[1:]
        named = [each for each in parameters if each.kind not in (each.VAR_POSITIONAL, each.VAR_KEYWORD)]
        if base is class_:
            positional = [each.name for each in named if each.kind is not each.KEYWORD_ONLY]
        keywords |= {each.name for each in named if each.kind is each.KEYWORD_ONLY}
        if not any(each.kind is each.VAR_KEYWORD for each in parameters):
            break
    return {"positional": positional, "keywords": sorted(keywords)}


def recorded():
    """Signatures of the real classes by module and name."""
    return {
        f"{module}.{class_.__name__}": signature(getattr(importlib.import_module(module), class_.__name__))
        for module, classes in CLASSES.items()
        for class_ in classes
    }


if __name__ == "__main__":
    FILE.write_text(json.dumps(recorded(), indent=1) + "\n")
