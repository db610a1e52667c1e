"""A human voice that no model of ours ever heard: prompts of Debian's asterisk-core-sounds-en-g722, with our labels.

The labels are ours (how they were made and checked: docs/evaluation.md); the sound is fetched
(Allison Smith's recordings, CC-BY-SA-3.0). Nothing is ever trained or tuned on them.
"""

import json
from pathlib import Path

from dystream_lab.evaluation import ASSETS
from dystream_lab.evaluation.sets.synthetic import AFTER, BEFORE
from dystream_lab.evaluation.sets.utterance import Utterance, padded
from dystream_ros.cli.demo.debian_recordings import decode_g722, unpacked

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
        samples = decode_g722(folder / f"{name}.g722")
        flat = name.replace("/", "-")
        utterances.append(padded(Utterance(flat, GROUP, VOICE, samples, phones, breaths), BEFORE, AFTER))
    return utterances
