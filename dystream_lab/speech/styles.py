"""The style files of Kokoro's voices, from the npm package that carries them."""

import shutil
import subprocess
import tarfile
import tempfile
from pathlib import Path

from dystream_lab.speech.speech import SynthesisUnavailable

PACKAGE = "kokoro-js@1.2.1"
_INSIDE = "package/voices/"


def ensure_styles(folder: Path) -> Path:
    """`folder` with the style files (*.bin, 28 MB), fetched with npm when they are not there.

    Raises SynthesisUnavailable when npm is missing or fails.
    """
    folder = Path(folder)
    if any(folder.glob("*.bin")):
        return folder
    npm = shutil.which("npm")
    if npm is None:
        raise SynthesisUnavailable(
            f"Kokoro's style files are not in {folder} and there is no npm to fetch them: install npm, or "
            f"unpack the npm package {PACKAGE} elsewhere and copy its voices/*.bin there"
        )
    with tempfile.TemporaryDirectory() as scratch:
        done = subprocess.run([npm, "pack", PACKAGE], cwd=scratch, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise SynthesisUnavailable(f"npm could not fetch {PACKAGE}: {done.stderr.strip()[-300:]}")
        folder.mkdir(parents=True, exist_ok=True)
        with tarfile.open(next(Path(scratch).glob("*.tgz"))) as archive:
            for member in archive:
                if member.name.startswith(_INSIDE) and member.name.endswith(".bin"):
                    (folder / Path(member.name).name).write_bytes(archive.extractfile(member).read())
    return folder
