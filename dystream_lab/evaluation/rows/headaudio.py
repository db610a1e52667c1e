"""Peer HeadAudio: a viseme classifier on the sound alone, written for browsers, run with node."""

import json
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from dystream_lab.evaluation import ASSETS
from dystream_lab.evaluation.rows.openfacefx import viseme_motion
from dystream_lab.evaluation.sets.utterance import Utterance

PACKAGE = "@met4citizen/headaudio@0.1.0"
_DRIVER = ASSETS / "headaudio.mjs"
# Same latency as our model: the value shown at the middle of a frame depends on 60 ms of sound past the frame's end.
_LATENCY = 0.020 + 0.060  # s
_STEP = 0.010  # s between two values of the track


class HeadAudioRow:
    """HeadAudio's visemes with its own easing, through the ARKit preset of openfacefx: it has no ARKit output."""

    name = "HeadAudio"
    seeds = 1

    def __init__(self, cache: Path) -> None:
        """Fetches the package (32 kB) into the cache. Raises RuntimeError when node or npm is missing."""
        node = shutil.which("node")
        if node is None:
            raise RuntimeError("the peer HeadAudio needs node and npm: apt-get install nodejs npm")
        self._node = node
        self._package = _fetched(cache / "headaudio")

    def motions(self, utterances: Sequence[Utterance], seed: int) -> list[np.ndarray]:
        """Motion float32 (frames, 58) of each recording. Raises RuntimeError when node fails."""
        with tempfile.TemporaryDirectory() as scratch:
            sounds = []
            for number, utterance in enumerate(utterances):
                sounds.append(Path(scratch, f"{number}.f32"))
                # 0.1 s of silence at the end, so that the last frames are computed.
                sounds[-1].write_bytes(np.pad(utterance.samples, (0, 1600)).astype("<f4").tobytes())
            command = [self._node, str(_DRIVER), str(self._package.resolve()), *map(str, sounds)]
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            if done.returncode != 0:
                raise RuntimeError(f"HeadAudio failed: {done.stderr.strip()[-300:]}")
            tracks = [json.loads(sound.with_suffix(".f32.json").read_text()) for sound in sounds]
        return [_motion(utterance, track) for utterance, track in zip(utterances, tracks)]


def _motion(utterance: Utterance, track: dict) -> np.ndarray:
    values = np.array(track["track"])
    places = np.round((utterance.frame_times + _LATENCY) / _STEP).astype(int) - 1
    shown = values[np.minimum(places, len(values) - 1)]
    weights = {name.removeprefix("viseme_"): shown[:, place] for place, name in enumerate(track["names"])}
    return viseme_motion(weights, utterance.frames)


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
