"""Builds a corpus from a folder of videos, in the format of corpus.py; each clip has the face of one party only."""

import hashlib
import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import webrtcvad

from dystream_lab.corpus import events
from dystream_lab.corpus.corpus import write_index
from dystream_lab.corpus.video import readings as face
from dystream_lab.corpus.video.tracks import voices
from dystream_lab.rates import FRAME_RATE, HOP, SAMPLE_RATE
from dystream_lab.speech.phones import UNKNOWN
from dystream_lab.speech.prosody import track
from dystream_lab.teacher.phrases import find_phrases
from dystream_lab.whole_files import write_text

LEAST = 10.0  # s, shortest clip
LONGEST = 45.0  # s, longest clip
_EVERY = 10  # every tenth clip is for validation
_BLOCK = SAMPLE_RATE // 50
_HANG = 5  # blocks of 20 ms added before and after voice activity


@dataclass(frozen=True)
class Progress:
    """Progress of one video.

    Attributes:
        video: its path.
        pictures: number of pictures read.
        seconds: length of its clips in s; None until all pictures are read.
        reason: why the video gave no clip; "" otherwise.
    """

    video: Path
    pictures: int
    seconds: float | None = None
    reason: str = ""


def build(root: Path, videos: list[Path], detect: face.Detect, face_track: int = 1) -> Iterator[Progress]:
    """Builds the clips of all videos and the index in `root`; yields the progress. Finished videos are not read again.

    Args:
        root: folder of the corpus.
        videos: paths.
        detect: reads the face of a picture.
        face_track: 1 or 2, the audio track of the visible person.

    Raises:
        ValueError: `root` has a staged corpus, a video or `face_track` has changed, or there are less than two clips.
    """
    root = Path(root)
    _check_kind(root)
    entries = []
    for video in videos:
        record = root / "videos" / f"{_name(video)}.json"
        settings = {"bytes": video.stat().st_size, "face_track": face_track}
        if record.exists():
            known = json.loads(record.read_text())
            if known["settings"] != settings:
                raise ValueError(
                    f"{video} was read as {known['settings']}, now it is {settings}: choose another folder, or delete "
                    f"{record}"
                )
            yield Progress(video, known["pictures"], known["seconds"], known["reason"])
        else:
            yield from _read(root, video, detect, face_track, record, settings)
            known = json.loads(record.read_text())
        entries += known["clips"]
    if len(entries) < 2:
        raise ValueError(
            f"{len(videos)} video(s) gave {len(entries)} clip(s) of {LEAST:g} s or more with a face and two voices; "
            "two are needed, one to train on and one to validate"
        )
    for number, entry in enumerate(entries):
        last = number + 1 == len(entries) < _EVERY
        entry["split"] = "valid" if number % _EVERY == _EVERY - 1 or last else "train"
    write_index(root, {"source": "video"}, entries)


def _check_kind(root: Path) -> None:
    path = root / "index.json"
    if path.exists() and json.loads(path.read_text())["settings"].get("source") != "video":
        raise ValueError(f"{root} has a staged corpus; choose another folder for the corpus from videos")


def _name(video: Path) -> str:
    """A name that is unique in the folder and valid on every file system."""
    digest = hashlib.sha256(video.name.encode()).hexdigest()[:6]
    return "".join(letter if letter.isalnum() or letter in "-_" else "-" for letter in video.stem)[:40] + "-" + digest


def _read(
    root: Path, video: Path, detect: face.Detect, face_track: int, record: Path, settings: dict
) -> Iterator[Progress]:
    own, partner = voices(video, face_track)  # first, so that a missing voice is reported before the pictures are read
    kept = root / "readings" / _name(video)
    pictures = 0
    for pictures in face.read_video(video, detect, kept):
        yield Progress(video, pictures)
    readings = face.load(kept)
    clips, reason = [], ""
    if len(readings.times) < LEAST * FRAME_RATE / 2:
        reason = f"a face is seen in {len(readings.times)} of {pictures} pictures only"
    else:
        clips = _clips(root, video, readings, own, partner)
        reason = "" if clips else f"no stretch of {LEAST:g} s shows a face"
    seconds = sum(clip["frames"] for clip in clips) / FRAME_RATE
    content = {"settings": settings, "pictures": pictures, "seconds": seconds, "reason": reason, "clips": clips}
    write_text(record, json.dumps(content, indent=1))
    shutil.rmtree(kept)
    yield Progress(video, pictures, seconds, reason)


def _clips(root: Path, video: Path, readings: face.Readings, own: np.ndarray, partner: np.ndarray) -> list[dict]:
    motion, seen = face.motion_of(readings)
    frames = min(len(motion), len(own) // HOP)
    entries = []
    for first, last in _spans(seen[:frames]):
        name = f"{_name(video)}-{len(entries):05d}"
        span = slice(first * HOP, last * HOP)
        _write(root / "clips" / name, motion[first:last], own[span], partner[span])
        entries.append(
            {
                "id": name,
                "split": "train",
                "frames": last - first,
                "voices": [f"video/{video.name}", f"video/{video.name} (partner)"],
                "scenario": "video",
                "parties": [0],
            }
        )
    return entries


def _spans(seen: np.ndarray) -> list[tuple[int, int]]:
    """First frame of each clip and the one past its last: runs with a face, cut evenly."""
    runs = [(first, last) for first, last in events.runs(seen) if last - first >= LEAST * FRAME_RATE]
    if not runs:
        return []
    # A short video still gives two clips.
    longest = max(b - a for a, b in runs) / FRAME_RATE
    wanted = min(LONGEST, max(LEAST, longest / 2))
    spans = []
    for first, last in runs:
        pieces = max(1, int((last - first) / FRAME_RATE / wanted + 1e-9))
        bounds = np.linspace(first, last, pieces + 1).astype(int)
        spans += [(int(a), int(b)) for a, b in zip(bounds[:-1], bounds[1:])]
    return spans


def _write(folder: Path, motion: np.ndarray, own: np.ndarray, partner: np.ndarray) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    sound = np.stack([own, partner], axis=1)
    np.save(folder / "audio.npy", np.round(np.clip(sound, -1.0, 1.0) * 32767.0).astype(np.int16))
    np.save(folder / "motion.npy", motion[None])
    spoken = [[(start, end, UNKNOWN) for start, end in speech_spans(voice)] for voice in (own, partner)]
    labels = []
    for party in (0, 1):
        other = find_phrases(spoken[1 - party], track((own, partner)[1 - party]))
        chances = [phrase.end for phrase in other if not phrase.backchannel]
        nothing = {name: [] for name in ("lines", "blinks", "smiles", "brows", "laughs")}
        nodded = [] if party else [float(frame / FRAME_RATE) for frame in events.nods(motion)]
        labels.append({"phones": spoken[party], "opportunities": chances, "nods": nodded} | nothing)
    (folder / "labels.json").write_text(json.dumps(labels))


def speech_spans(voice: np.ndarray) -> list[tuple[float, float]]:
    """Start and end in seconds of voice activity (WebRTC) in `voice` (n,), 16 kHz."""
    detector = webrtcvad.Vad(2)
    pcm = np.round(np.clip(voice, -1.0, 1.0) * 32767.0).astype(np.int16)
    blocks = pcm[: len(pcm) // _BLOCK * _BLOCK].reshape(-1, _BLOCK)
    speech = np.array([detector.is_speech(block.tobytes(), SAMPLE_RATE) for block in blocks], bool)
    wide = np.convolve(speech, np.ones(2 * _HANG + 1), "same") > 0 if len(speech) else speech
    return [(start * _BLOCK / SAMPLE_RATE, end * _BLOCK / SAMPLE_RATE) for start, end in events.runs(wide)]
