"""Rewrites the CMake files of ROS wheels for the machine where the wheels are installed.

The files name the include folders of Python and NumPy on the machine that built the wheels; the message build needs
those of the Python that runs this script. A second run changes nothing.
"""

import re
import sys
import sysconfig
from pathlib import Path

import numpy

BUILDER_PYTHON = r"/opt/python/cp3\d+-cp3\d+"
FOLDERS = {
    re.compile(BUILDER_PYTHON + r"/include/python3\.\d+"): sysconfig.get_path("include"),
    re.compile(BUILDER_PYTHON + r"/lib/python3\.\d+/site-packages/numpy/_?core/include"): numpy.get_include(),
    re.compile(BUILDER_PYTHON + r"/lib/python3\.\d+/site-packages"): sysconfig.get_path("purelib"),
}


def relocate(prefix: Path) -> int:
    """Rewrites the include folders in `prefix`/share/**/*.cmake; returns how many files changed."""
    changed = 0
    for path in prefix.glob("share/**/*.cmake"):
        text = original = path.read_text()
        for pattern, folder in FOLDERS.items():
            text = pattern.sub(Path(folder).as_posix().replace("\\", r"\\"), text)
        if text != original:
            # A new file: uv installs by hard links, and the old one is also in its cache and in other environments.
            new = path.with_name(f"{path.name}.new")
            new.write_text(text)
            new.replace(path)
            changed += 1
    return changed


if __name__ == "__main__":
    relocate(Path(sys.prefix))
