"""Training views of a corpus: random stretches of conversation with the motion of the party that is the face."""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from dystream_lab.corpus.onsets import blink_onsets, brow_onsets, gaze_shifts
from dystream_lab.speech.phones import PHONE_INDEX, SILENCE, phone_ids

NEVER = 1_000_000


@dataclass(frozen=True)
class Clip:
    """A stretch of `frames` frames.

    Attributes:
        self_audio, other_audio: float32 (frames * hop + lookahead,), 16 kHz, -1..1.
        motion: float32 (frames, 58): ARKIT_NAMES then POSE_NAMES, of the middle of each frame.
        phones: int64 (frames,): index in PHONES of what self says at the middle of each frame, -1 where not known.
        other_phones: int64 (frames,): likewise of the partner.
        event_ages: int64 (frames + 1, EVENTS): of the frame before the stretch and of each of its own, frames since the
            face's last nod, shift of the gaze, blink and raise of the brows began, 0 in the frame in which one does;
            `NEVER` before the first.
        clip: the clip's id; party: which party is the face; start: first frame in the clip.
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
    """The clips of one split ("train" or "valid") of the corpus in `root`, read from disk as asked for."""

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
        """Number of clips; each has a view for each of its `parties`."""
        return len(self.entries)

    @property
    def hours(self) -> float:
        """Length of all clips together, each counted once."""
        return sum(entry["frames"] for entry in self.entries) / self.frames_per_second / 3600

    def clip(self, rng: np.random.Generator, frames: int, lookahead: int = 960) -> Clip:
        """A random stretch of a random clip with a random party as the face; `lookahead` in samples.

        Raises ValueError when no clip is long enough.
        """
        entry, party, last = self._chosen(rng, frames, lookahead)
        return self.view(entry["id"], party, int(rng.integers(last + 1)), frames, lookahead)

    def spoken(self, rng: np.random.Generator, frames: int, lookahead: int = 960) -> Clip:
        """Like `clip`, around a random instant at which the party speaks; anywhere when it never does."""
        entry, party, last = self._chosen(rng, frames, lookahead)
        speaks = np.flatnonzero(self._phone_rows(entry["id"])[party] != PHONE_INDEX[SILENCE])
        if not len(speaks):
            return self.view(entry["id"], party, int(rng.integers(last + 1)), frames, lookahead)
        start = int(speaks[rng.integers(len(speaks))] - rng.integers(frames))
        return self.view(entry["id"], party, min(max(start, 0), last), frames, lookahead)

    def _chosen(self, rng: np.random.Generator, frames: int, lookahead: int) -> tuple[dict, int, int]:
        """A random entry that is long enough, one of its parties, and the last frame at which a stretch may begin."""
        needed = frames + -(-lookahead // self.hop)
        fitting = [entry for entry in self.entries if entry["frames"] >= needed]
        if not fitting:
            longest = max(entry["frames"] for entry in self.entries)
            raise ValueError(
                f"{frames} frames and {lookahead} samples asked for; the longest clip has {longest} frames"
            )
        entry = fitting[rng.integers(len(fitting))]
        parties = _parties(entry)
        return entry, parties[rng.integers(len(parties))], entry["frames"] - needed

    def parties(self, number: int) -> tuple[int, ...]:
        """The parties of the `number`-th clip whose face is known: both when staged, 0 when from a video."""
        return _parties(self.entries[number])

    def whole(self, number: int, party: int, lookahead: int = 960) -> Clip:
        """The `number`-th clip in full with `party` as the face; the lookahead beyond its end is silence."""
        entry = self.entries[number]
        return self.view(entry["id"], party, 0, entry["frames"], lookahead)

    def view(self, name: str, party: int, start: int, frames: int, lookahead: int) -> Clip:
        """Frames [start, start + frames) of clip `name`; audio past the clip's end is silence.

        Raises ValueError when the clip has not the face of this party.
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
        """(frames + 1, EVENTS) as `Clip.event_ages`, of the whole clip; `motion` (frames, 58) is the party's."""
        if (name, party) not in self._ages:
            times = np.array(self.labels(name)[party].get("nods", []))
            # The first frame whose middle a nod moves.
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
    """Frames (frames + 1,) since the last of `onsets` (n,), of the frame before the first and of each."""
    last = np.full(frames + 1, -NEVER)
    inside = onsets[(onsets >= 0) & (onsets < frames)] + 1
    last[inside] = inside
    ages = np.arange(frames + 1) - np.maximum.accumulate(last)
    return np.minimum(ages, NEVER)


def _parties(entry: dict) -> tuple[int, ...]:
    return tuple(entry.get("parties", (0, 1)))
