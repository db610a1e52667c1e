"""A human voice that no model of ours ever heard: prompts of Debian's asterisk-core-sounds-en-g722, with our labels.

The labels are ours (how they were made and checked: docs/evaluation.md); the sound is fetched
(Allison Smith's recordings, CC-BY-SA-3.0). Nothing is ever trained or tuned on them.
"""

import json
from pathlib import Path

import av
import numpy as np

from dystream_ros.training.evaluation.sets.debian import unpacked
from dystream_ros.training.evaluation.sets.synthetic import AFTER, BEFORE
from dystream_ros.training.evaluation.utterance import ASSETS, SAMPLE_RATE, Utterance, padded

GROUP = "real"
PACKAGE = "asterisk-core-sounds-en-g722"
FOLDER = Path("/usr/share/asterisk/sounds/en_US_f_Allison")
LABELS = ASSETS / "asterisk_labels.json"
VOICE = "asterisk/allison"


def load(cache: Path) -> list[Utterance]:
    """The labelled prompts. The package (12 MB) is fetched with apt-get when it is not installed."""
    folder = FOLDER
    if not folder.exists():
        folder = unpacked(PACKAGE, cache / "debian") / FOLDER.relative_to("/")
    labels = json.loads(LABELS.read_text(encoding="utf-8"))
    utterances = []
    for name, entry in labels.items():
        phones = tuple((start, end, phone) for start, end, phone in entry["phones"])
        breaths = tuple((start, end) for start, end in entry.get("breaths", ()))
        samples = decode(folder / f"{name}.g722")
        flat = name.replace("/", "-")
        utterances.append(padded(Utterance(flat, GROUP, VOICE, samples, phones, breaths), BEFORE, AFTER))
    return utterances


def decode(path: Path) -> np.ndarray:
    """Float32 (n,) at 16 kHz, -1 to 1, of a G.722 file. Raises FileNotFoundError."""
    if not path.exists():
        raise FileNotFoundError(f"no recording {path}: is it another version of the package {PACKAGE}?")
    with av.open(str(path), format="g722") as container:
        rate = container.streams.audio[0].rate
        samples = np.concatenate([frame.to_ndarray()[0] for frame in container.decode(audio=0)])
    if rate != SAMPLE_RATE:
        raise ValueError(f"{path} decodes to {rate} Hz; G.722 has {SAMPLE_RATE}")
    return samples.astype(np.float32) / 32768.0
