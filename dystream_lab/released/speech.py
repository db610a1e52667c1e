"""Speech from a folder of sound files, cut into clips."""

from pathlib import Path

import numpy as np
import soxr

from dystream_ros.audio.block import to_mono
from dystream_ros.audio.files import read_audio
from dystream_ros.models.released.networks.configuration import HOP, SAMPLE_RATE

SOUND_FILES = (".wav", ".flac", ".ogg", ".mp3", ".m4a", ".g722", ".opus")
HELD_OUT = 10  # every tenth clip is kept for evaluation


def read_speech(folder: Path, limit: float) -> np.ndarray:
    """Sound files of a folder and its subfolders, sorted by name, as one float32 track (n,) at 16 kHz mono.

    Args:
        limit: seconds, longest track.

    Raises:
        ValueError: there is no sound in the folder.
    """
    parts, samples = [], 0
    for path in sorted(path for path in folder.rglob("*") if path.suffix.lower() in SOUND_FILES):
        blocks = list(read_audio(path))
        track = np.concatenate([to_mono(block) for block in blocks])
        if blocks[0].sample_rate != SAMPLE_RATE:
            track = soxr.resample(track, blocks[0].sample_rate, SAMPLE_RATE)
        parts.append(track)
        samples += len(track)
        if samples >= limit * SAMPLE_RATE:
            break
    if not samples:
        raise ValueError(f"{folder} has no speech; give a folder with sound files ({', '.join(SOUND_FILES)})")
    return np.concatenate(parts)[: round(limit * SAMPLE_RATE)]


def clips(track: np.ndarray, seconds: float) -> tuple[np.ndarray, np.ndarray]:
    """Clips of whole frames, float32 (n, samples): training clips, and every tenth, held out.

    Raises:
        ValueError: the track is shorter than two clips.
    """
    samples = round(seconds * SAMPLE_RATE) // HOP * HOP
    count = len(track) // samples
    if count < 2:
        raise ValueError(f"{len(track) / SAMPLE_RATE:.1f} s of speech is too little; give at least {2 * seconds:.0f} s")
    cut = track[: count * samples].reshape(count, samples)
    held = np.arange(count) % HELD_OUT == HELD_OUT - 1
    if not held.any():
        held[-1] = True
    return cut[~held], cut[held]
