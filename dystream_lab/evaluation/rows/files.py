"""Motion made elsewhere: files in the format of `dystream motion`, one per recording."""

import csv
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from dystream_lab.evaluation.sets.utterance import Utterance
from dystream_lab.teacher.teacher import MOTION_NAMES


class FilesRow:
    """A folder of `<set>/<name>.npz` or `.csv`, for the recordings written by `dystream evaluate --sounds`."""

    seeds = 1

    def __init__(self, folder: Path) -> None:
        """Raises FileNotFoundError when the folder does not exist."""
        self._folder = Path(folder)
        self.name = self._folder.name
        if not self._folder.is_dir():
            raise FileNotFoundError(f"no folder {folder} with motion files")

    def motions(self, utterances: Sequence[Utterance], seed: int) -> list[np.ndarray]:
        """Motion float32 (frames, 58) of each recording; coefficients that a file lacks are 0.

        Raises:
            FileNotFoundError: a recording has no file.
            ValueError: a file has another number of frames or none of the coefficients, or cannot be read as numbers.
        """
        return [self._motion(utterance) for utterance in utterances]

    def _motion(self, utterance: Utterance) -> np.ndarray:
        for suffix, read in ((".npz", _read_npz), (".csv", _read_csv)):
            path = self._folder / utterance.group / f"{utterance.name}{suffix}"
            if path.exists():
                try:
                    columns = read(path)
                except (KeyError, ValueError, TypeError, OSError) as error:
                    raise ValueError(f"{path} is no motion of `dystream motion`: {error}") from error
                break
        else:
            raise FileNotFoundError(f"no {utterance.name}.npz or .csv in {self._folder / utterance.group}")
        frames = len(next(iter(columns.values()), ()))
        if abs(frames - utterance.frames) > 1:
            raise ValueError(f"{path} has {frames} frames of 40 ms; the recording has {utterance.frames}")
        motion = np.zeros((utterance.frames, len(MOTION_NAMES)), np.float32)
        for place, name in enumerate(MOTION_NAMES):
            if name in columns:
                motion[:frames, place] = columns[name][: utterance.frames]
        if not motion.any() and not any(name in MOTION_NAMES for name in columns):
            raise ValueError(f"{path} has none of the measured coefficients, such as jawOpen")
        if not np.isfinite(motion).all():
            raise ValueError(f"{path} has values that are no finite numbers; accepted are 0 to 1 for a coefficient")
        return motion


def _read_npz(path: Path) -> dict[str, np.ndarray]:
    with np.load(path, allow_pickle=False) as file:
        columns = dict(zip(file["names"].tolist(), file["values"].T))
        if "head_pose" in file:
            columns |= dict(zip(file["pose_names"].tolist(), file["head_pose"].T))
    return columns


def _read_csv(path: Path) -> dict[str, np.ndarray]:
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    if not rows:
        raise ValueError("it has no frames")
    return {name: np.array([float(row[name]) for row in rows]) for name in rows[0] if name}
