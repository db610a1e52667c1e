"""The corpus on disk: conversations of two parties with sound, motion of both, and phone times.

    <root>/index.json                 version, seed, rates, motion names, clips: id, split, frames, voices, scenario
    <root>/clips/<id>/audio.npy       int16 (samples, 2), 16 kHz: party 0, party 1
    <root>/clips/<id>/motion.npy      float32 (2, frames, 58): the face of party 0 and of party 1, MOTION_NAMES order
    <root>/clips/<id>/entry.json      its entry of the index, written last; a clip without it is rebuilt
    <root>/clips/<id>/labels.json     for each party: phones [start, end, phone] in seconds, its lines, and events that
                                      the teacher decided (blinks, nods, smiles, opportunities) in seconds

The motion of frame k is that at the time (k + 1/2) x 40 ms. Each clip is used twice, with either party as the face. The
same seed and cached speech give the same corpus.
"""

import hashlib
import json
import shutil
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from dystream_lab.corpus.augmentation import augment
from dystream_lab.corpus.cast import Cast, Line
from dystream_lab.corpus.dialogue import SCENARIOS, Placed, laughs_of, perform, plan
from dystream_lab.corpus.voice_change import draw_change
from dystream_lab.rates import FRAME_RATE, HOP, SAMPLE_RATE
from dystream_lab.speech.speech import SpeechCache
from dystream_lab.teacher.teacher import MOTION_NAMES, PartySpeech, teach
from dystream_lab.whole_files import write_text

VERSION = 2


@dataclass(frozen=True)
class CorpusPlan:
    """Settings of a staged corpus.

    Attributes:
        hours: length of all train conversations.
        valid_hours: length of all conversations between held-out voices.
        clip_seconds: length of a conversation.
        seed: of all random choices.
    """

    hours: float = 10.0
    valid_hours: float = 0.5
    clip_seconds: float = 45.0
    seed: int = 0

    def clips(self) -> list[tuple[str, str]]:
        """(id, split) of every clip; valid ones first, so that an unfinished corpus can be trained on."""
        counts = {"valid": self.valid_hours, "train": self.hours}
        return [
            (f"{split}-{number:05d}", split)
            for split, hours in counts.items()
            for number in range(int(np.ceil(hours * 3600 / self.clip_seconds)))
        ]


def build(root: Path, cache: SpeechCache, wanted: CorpusPlan) -> Iterator[dict]:
    """Builds the missing clips and the index; yields the index entry of each clip.

    The index is rewritten every few clips: an interrupted build is a smaller corpus and can be resumed.

    Raises:
        ValueError: `root` has a corpus of another version, seed or clip length.
    """
    root = Path(root)
    settings = {"version": VERSION, **asdict(wanted)}
    _check_same(root, settings)
    casts = {split: Cast(cache, split) for split in {split for _, split in wanted.clips()}}
    entries = []
    for number, (name, split) in enumerate(wanted.clips()):
        folder = root / "clips" / name
        entry_path = folder / "entry.json"
        if not entry_path.exists():
            entry = make_clip(folder, name, split, casts[split], wanted)
            write_text(entry_path, json.dumps(entry))
        else:
            entry = json.loads(entry_path.read_text())
        entries.append(entry)
        # The first index also keeps a repeated command with other settings from mixing two corpora.
        if number % 20 == 19 or not (root / "index.json").exists():
            write_index(root, settings, entries)
        yield entry
    write_index(root, settings, entries)


def _check_same(root: Path, settings: dict) -> None:
    path = root / "index.json"
    if not path.exists():
        return
    before = json.loads(path.read_text())["settings"]
    for key in ("version", "seed", "clip_seconds"):
        if before.get(key) != settings[key]:
            raise ValueError(
                f"{path} was built with {key}={before.get(key)}, now {key}={settings[key]} was asked for: "
                "choose another folder or delete that one"
            )


def write_index(root: Path, settings: dict, entries: list[dict]) -> None:
    """Writes the index of a corpus: its settings and clips."""
    index = {
        "settings": settings,
        "sample_rate": SAMPLE_RATE,
        "frames_per_second": FRAME_RATE,
        "hop": HOP,
        "motion_names": MOTION_NAMES,
        "clips": entries,
    }
    write_text(root / "index.json", json.dumps(index, indent=1))


def clip_generator(seed: int, name: str, part: str) -> np.random.Generator:
    """The random generator of one part of one clip, independent of other clips and parts."""
    digest = hashlib.sha256(f"{seed} {name} {part}".encode()).digest()
    return np.random.default_rng(int.from_bytes(digest[:8], "big"))


def make_clip(folder: Path, name: str, split: str, cast: Cast, wanted: CorpusPlan) -> dict:
    """Writes one conversation into `folder`; returns its index entry."""
    frames = int(wanted.clip_seconds * FRAME_RATE)
    rng = clip_generator(wanted.seed, name, "dialogue")
    voices = cast.pick(rng)
    changes = [draw_change(rng) for _ in range(2)]

    said: set[Path] = set()

    def say(party: int, role: str) -> Line:
        return cast.line(rng, voices[party], role, changes[party], said)

    scenario = str(rng.choice(list(SCENARIOS), p=list(SCENARIOS.values())))
    placed = plan(rng, wanted.clip_seconds, scenario, say)
    parties = [PartySpeech(*perform(placed, party, frames * HOP), laughs_of(placed, party)) for party in (0, 1)]
    motions, labels = [], []
    for party in (0, 1):
        own, partner = parties[party], parties[1 - party]
        motion, events = teach(own, partner, frames, clip_generator(wanted.seed, name, f"motion {party}"))
        motions.append(motion)
        labels.append(_labels(own, placed, party) | asdict(events))
    channels = []
    for party in (0, 1):
        noise_rng = clip_generator(wanted.seed, name, f"channel {party}")
        channels.append(augment(noise_rng, parties[party].samples, parties[1 - party].samples))
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    np.save(folder / "audio.npy", np.round(np.stack(channels, 1) * 32767.0).astype(np.int16))
    np.save(folder / "motion.npy", np.stack(motions).astype(np.float32))
    (folder / "labels.json").write_text(json.dumps(labels, default=float))
    names = [f"{voice.engine}/{voice.name}" for voice in voices]
    return {"id": name, "split": split, "frames": frames, "voices": names, "scenario": scenario}


def _labels(own: PartySpeech, placed: list[Placed], party: int) -> dict:
    lines = [[round(item.start, 3), round(item.end, 3), item.line.text] for item in placed if item.party == party]
    phones = [[round(start, 4), round(end, 4), phone] for start, end, phone in own.phones]
    return {"phones": phones, "lines": lines}
