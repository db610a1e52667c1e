"""A spoken utterance with phone times, and the cache of utterances on disk."""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
import soxr

from dystream_lab.rates import SAMPLE_RATE
from dystream_lab.whole_files import write_text


class SynthesisUnavailable(RuntimeError):
    """An engine or a voice is not installed; the message names the package."""


@dataclass(frozen=True)
class Speech:
    """An utterance of a voice.

    Attributes:
        samples: float32 (n,), 16 kHz, -1 to 1.
        symbols: (start, end, symbol) of each phone, in seconds and in the engine's own alphabet, in order.
        text: the words.
        engine, voice: of the speaker.
    """

    samples: np.ndarray
    symbols: tuple[tuple[float, float, str], ...]
    text: str
    engine: str
    voice: str


def to_corpus_rate(samples: np.ndarray, sample_rate: int) -> np.ndarray:
    """Float32 samples at 16 kHz of float or int16 mono `samples` at `sample_rate`."""
    floats = samples.astype(np.float32) / (32768.0 if samples.dtype == np.int16 else 1.0)
    if sample_rate == SAMPLE_RATE:
        return floats
    return soxr.resample(floats, sample_rate, SAMPLE_RATE, quality="HQ").astype(np.float32)


class SpeechCache:
    """Utterances on disk: `<root>/<engine>/<voice>/<key>.flac` and `.json`; the key is a hash of text and rate.

    Paths depend on the utterance alone: an interrupted synthesis is resumed, and a cache may be copied.
    """

    def __init__(self, root: Path) -> None:
        self.root = Path(root)

    def path(self, engine: str, voice: str, text: str, rate: float) -> Path:
        """Path of the labels of an utterance, existing or not."""
        key = hashlib.sha256(f"{text}\n{rate:.3f}".encode()).hexdigest()[:16]
        return self.root / engine / voice / f"{key}.json"

    def store(self, speech: Speech, path: Path) -> None:
        """Writes an utterance, labels last: labels never exist without sound."""
        path.parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(path.with_suffix(".flac"), speech.samples, SAMPLE_RATE, subtype="PCM_16")
        labels = {"text": speech.text, "engine": speech.engine, "voice": speech.voice}
        labels["symbols"] = [[round(start, 4), round(end, 4), symbol] for start, end, symbol in speech.symbols]
        write_text(path, json.dumps(labels, ensure_ascii=False))

    def load(self, path: Path) -> Speech:
        """The utterance whose labels are at `path`."""
        labels = json.loads(path.read_text(encoding="utf-8"))
        samples, _ = soundfile.read(path.with_suffix(".flac"), dtype="float32")
        symbols = tuple((start, end, symbol) for start, end, symbol in labels["symbols"])
        return Speech(samples, symbols, labels["text"], labels["engine"], labels["voice"])

    def seconds(self, path: Path) -> float:
        """Length in s of the utterance whose labels are at `path`."""
        return soundfile.info(path.with_suffix(".flac")).duration

    def hours(self) -> dict[str, float]:
        """Hours of speech by engine."""
        hours: dict[str, float] = {}
        for path in self.all():
            engine = path.parts[-3]
            hours[engine] = hours.get(engine, 0.0) + self.seconds(path) / 3600
        return hours

    def text(self, path: Path) -> str:
        """The words of the utterance whose labels are at `path`."""
        return json.loads(path.read_text(encoding="utf-8"))["text"]

    def all(self) -> list[Path]:
        """Paths of the labels of all utterances, sorted."""
        return sorted(self.root.glob("*/*/*.json"))
