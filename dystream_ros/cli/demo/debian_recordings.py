"""Recordings in Debian packages: downloaded and unpacked without installation, and decoded."""

import shutil
import subprocess
import tempfile
from pathlib import Path

import av
import numpy as np

from dystream_ros.audio.resample import MEDIA_RATE


def unpacked(package: str, cache: Path) -> Path:
    """A folder with the files of a package as installed below "/"; downloaded with apt-get the first time.

    Raises:
        RuntimeError: the package cannot be downloaded.
    """
    folder = cache / package
    if folder.exists():
        return folder
    for command in ("apt-get", "dpkg-deb"):
        if shutil.which(command) is None:
            raise RuntimeError(
                f"there is no command {command} to download the Debian package {package}; unpack it into {folder}"
            )
    cache.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=cache) as scratch:
        fetched = subprocess.run(
            ["apt-get", "download", package], cwd=scratch, capture_output=True, text=True, check=False
        )
        archives = list(Path(scratch).glob("*.deb"))
        if fetched.returncode != 0 or not archives:
            raise RuntimeError(
                f"apt-get cannot download {package} ({fetched.stderr.strip()[-200:]}): run apt-get update, or unpack "
                f"the package into {folder}"
            )
        root = Path(scratch, "root")
        subprocess.run(["dpkg-deb", "-x", str(archives[0]), str(root)], check=True)
        root.rename(folder)
    return folder


def decode_g722(path: Path) -> np.ndarray:
    """Float32 (n,) at 16 kHz, -1 to 1, of a G.722 file. Raises FileNotFoundError."""
    if not path.exists():
        raise FileNotFoundError(f"there is no recording {path}; the Debian package may be of another version")
    with av.open(str(path), format="g722") as container:
        rate = container.streams.audio[0].rate
        samples = np.concatenate([frame.to_ndarray()[0] for frame in container.decode(audio=0)])
    if rate != MEDIA_RATE:
        raise ValueError(f"{path} decodes to {rate} Hz; G.722 has {MEDIA_RATE}")
    return samples.astype(np.float32) / 32768.0
