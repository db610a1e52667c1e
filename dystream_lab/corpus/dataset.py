"""Access to a corpus: segments of conversation from the view of one party, the face."""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from dystream_lab.corpus.onsets import blink_onsets, brow_onsets, gaze_shifts
from dystream_lab.speech.phones import PHONE_INDEX, SILENCE, phone_ids

NEVER = 1_000_000


@dataclass(frozen=True)
class Clip:
    """A segment of `frames` frames.

    Attributes:
        self_audio, other_audio: float32 (frames * hop + lookahead,), 16 kHz, -1 to 1.
        motion: float32 (frames, 58): ARKIT_NAMES then POSE_NAMES, of the middle of each frame.
        phones: int64 (frames,): index in PHONES of the face's phone at the middle of each frame, -1 if not labelled.
        other_phones: int64 (frames,): the same of the partner.
        event_ages: int64 (frames + 1, EVENTS): frames since the last nod, gaze shift, blink and brow raise began,
            for the frame before the segment and each of its frames; 0 in a frame in which one begins, `NEVER` before
            the first.
        clip: id of the clip.
        party: the party that is the face.
        start: first frame in the clip.
    """

    self_audio: np.ndarray
    other_audio: np.ndarray
    motion: np.ndarray
    phones: np.ndarray
    other_phones: np.ndarray
    event_ages: np.ndarray
    clip: str
    party: int
    start: int


class ConversationDataset:
    """The clips of one split ("train" or "valid") of the corpus in `root`, read from disk on request."""

    def __init__(self, root: str | Path, split: str) -> None:
        """Raises FileNotFoundError without an index, ValueError when the split is empty."""
        self.root = Path(root)
        path = self.root / "index.json"
        if not path.exists():
            raise FileNotFoundError(f"no corpus in {self.root} (no index.json): build one with `dystream corpus`")
        index = json.loads(path.read_text())
        self.hop: int = index["hop"]
        self.frames_per_second: int = index["frames_per_second"]
        self.motion_names: tuple[str, ...] = tuple(index["motion_names"])
        self.entries: list[dict] = [entry for entry in index["clips"] if entry["split"] == split]
        if not self.entries:
            splits = sorted({entry["split"] for entry in index["clips"]})
            raise ValueError(f"no clips of split {split!r} in {self.root}; it has {splits}")
        self._phones: dict[str, np.ndarray] = {}
        self._ages: dict[tuple[str, int], np.ndarray] = {}

    def __len__(self) -> int:
        """Number of clips; each has one view per party in `parties`."""
        return len(self.entries)

    @property
    def hours(self) -> float:
        """Length of all clips in hours, each counted once."""
        return sum(entry["frames"] for entry in self.entries) / self.frames_per_second / 3600

    def clip(self, rng: np.random.Generator, frames: int, lookahead: int = 960) -> Clip:
        """A random segment of a random clip with a random party as the face; `lookahead` in samples.

        Raises ValueError when no clip is long enough.
        """
        entry, party, last = self._chosen(rng, frames, lookahead)
        return self.view(entry["id"], party, int(rng.integers(last + 1)), frames, lookahead)

    def spoken(self, rng: np.random.Generator, frames: int, lookahead: int = 960) -> Clip:
        """Like `clip`, around a random instant at which the party speaks; anywhere if it never speaks."""
        entry, party, last = self._chosen(rng, frames, lookahead)
        speaks = np.flatnonzero(self._phone_rows(entry["id"])[party] != PHONE_INDEX[SILENCE])
        if not len(speaks):
            return self.view(entry["id"], party, int(rng.integers(last + 1)), frames, lookahead)
        start = int(speaks[rng.integers(len(speaks))] - rng.integers(frames))
        return self.view(entry["id"], party, min(max(start, 0), last), frames, lookahead)

    def require(self, frames: int, lookahead: int) -> list[dict]:
        """The entries of clips with at least `frames` frames and `lookahead` samples after them.

        Raises ValueError when there is none.
        """
        needed = frames + -(-lookahead // self.hop)
        fitting = [entry for entry in self.entries if entry["frames"] >= needed]
        if not fitting:
            longest = max(entry["frames"] for entry in self.entries)
            raise ValueError(
                f"{frames} frames and {lookahead} samples asked for; the longest clip has {longest} frames"
            )
        return fitting

    def _chosen(self, rng: np.random.Generator, frames: int, lookahead: int) -> tuple[dict, int, int]:
        """A random entry that is long enough, one of its parties, and the last frame at which a segment may begin."""
        fitting = self.require(frames, lookahead)
        entry = fitting[rng.integers(len(fitting))]
        parties = _parties(entry)
        return entry, parties[rng.integers(len(parties))], entry["frames"] - frames - -(-lookahead // self.hop)

    def parties(self, number: int) -> tuple[int, ...]:
        """The parties of clip `number` with a known face: both when staged, 0 in videos."""
        return _parties(self.entries[number])

    def whole(self, number: int, party: int, lookahead: int = 960) -> Clip:
        """Clip `number` in full with `party` as the face; the lookahead past its end is silence."""
        entry = self.entries[number]
        return self.view(entry["id"], party, 0, entry["frames"], lookahead)

    def view(self, name: str, party: int, start: int, frames: int, lookahead: int) -> Clip:
        """Frames [start, start + frames) of clip `name`; audio past the clip's end is silence.

        Raises ValueError when the clip does not have the face of this party.
        """
        folder = self.root / "clips" / name
        faces = np.load(folder / "motion.npy", mmap_mode="r")
        if party >= len(faces):
            raise ValueError(f"clip {name} of {self.root} has the face of party 0 only, not of party {party}")
        sound = np.load(folder / "audio.npy", mmap_mode="r")
        count = frames * self.hop + lookahead
        part = sound[start * self.hop : start * self.hop + count].astype(np.float32) / 32768.0
        if len(part) < count:
            part = np.pad(part, ((0, count - len(part)), (0, 0)))
        motion = np.array(faces[party, start : start + frames])
        phones = self._phone_rows(name)[:, start : start + frames]
        return Clip(
            self_audio=np.ascontiguousarray(part[:, party]),
            other_audio=np.ascontiguousarray(part[:, 1 - party]),
            motion=motion,
            phones=phones[party],
            other_phones=phones[1 - party],
            event_ages=self._event_ages(name, party, faces[party])[start : start + frames + 1],
            clip=name,
            party=party,
            start=start,
        )

    def labels(self, name: str) -> list[dict]:
        """For each party of clip `name`: "phones" [start, end, phone], "lines", "blinks", "nods", ... in seconds."""
        return json.loads((self.root / "clips" / name / "labels.json").read_text())

    def _event_ages(self, name: str, party: int, motion: np.ndarray) -> np.ndarray:
        """`Clip.event_ages` (frames + 1, EVENTS) of the whole clip; `motion` (frames, 58) is that of the party."""
        if (name, party) not in self._ages:
            times = np.array(self.labels(name)[party].get("nods", []))
            # The first frame whose middle lies after the start of a nod.
            nods = np.ceil(times * self.frames_per_second - 0.5).astype(np.int64)
            onsets = nods, gaze_shifts(motion), blink_onsets(motion), brow_onsets(motion)
            ages = [_ages(of_event, len(motion)) for of_event in onsets]
            self._ages[name, party] = np.stack(ages, axis=1).astype(np.int32)
        return self._ages[name, party]

    def _phone_rows(self, name: str) -> np.ndarray:
        if name not in self._phones:
            labels = self.labels(name)
            frames = next(entry["frames"] for entry in self.entries if entry["id"] == name)
            times = (np.arange(frames) + 0.5) / self.frames_per_second
            rows = [phone_ids(party["phones"], times) for party in labels]
            self._phones[name] = np.stack(rows).astype(np.int64)
        return self._phones[name]


def _ages(onsets: np.ndarray, frames: int) -> np.ndarray:
    """Frames (frames + 1,) since the last of `onsets` (n,), for the frame before the first and each frame."""
    last = np.full(frames + 1, -NEVER)
    inside = onsets[(onsets >= 0) & (onsets < frames)] + 1
    last[inside] = inside
    ages = np.arange(frames + 1) - np.maximum.accumulate(last)
    return np.minimum(ages, NEVER)


def _parties(entry: dict) -> tuple[int, ...]:
    return tuple(entry.get("parties", (0, 1)))
