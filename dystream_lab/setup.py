"""The distribution `dystream_lab`, beside `dystream_ros`: `pip install '.[lab]'` in the checkout installs both.

It does not list `dystream_ros` as a requirement: pip would look for that name in a package index, where it is not ours.
"""

import atexit
import re
import shutil
import tempfile
from pathlib import Path

from setuptools import find_packages, setup
from setuptools.command.build_py import build_py

ROOT = Path(__file__).resolve().parent
RUNTIME = (ROOT.parent / "dystream_ros" / "__init__.py").read_text()
[VERSION] = re.findall(r'^__version__ = "(.+)"$', RUNTIME, re.MULTILINE)

# Outside the checkout, which stays as it is.
BUILD = tempfile.mkdtemp(prefix="dystream_lab_build_")
atexit.register(shutil.rmtree, BUILD, ignore_errors=True)


class BuildWithoutThisFile(build_py):
    """The folder of this file is the package itself; this file is not part of it."""

    def find_package_modules(self, package: str, package_dir: str) -> list[tuple[str, str, str]]:
        modules = super().find_package_modules(package, package_dir)
        return [module for module in modules if module[:2] != ("dystream_lab", "setup")]


setup(
    name="dystream_lab",
    version=VERSION,
    description="Corpus, training and evaluation of the models of dystream_ros; needs dystream_ros",
    license="Apache-2.0",
    python_requires=">=3.10",
    package_dir={"dystream_lab": "."},
    packages=["dystream_lab", *(f"dystream_lab.{name}" for name in find_packages())],
    package_data={"dystream_lab": ["assets/**/*"]},
    exclude_package_data={"": ["*.pyc", "**/__pycache__/*"]},
    # Beside the requirements of dystream_ros.
    install_requires=["matplotlib>=3.8", "wonderwords>=3"],
    cmdclass={"build_py": BuildWithoutThisFile},
    options={"build": {"build_base": BUILD}, "egg_info": {"egg_base": BUILD}},
)
