"""Synthetic voices that no model of ours was trained on, with the phone times that their engines give."""

from collections.abc import Iterator
from pathlib import Path

from tqdm import tqdm

from dystream_lab.corpus.cast import prepare
from dystream_lab.evaluation.sets.texts import TEXTS
from dystream_lab.evaluation.utterance import Utterance, padded
from dystream_lab.speech.collect import Synthesizer
from dystream_lab.speech.engines import create
from dystream_lab.speech.speech import SpeechCache

# Speakers, not files: slt and kal by two engines each, heart by two, and joe by an engine that was never trained on.
VOICES = (
    ("flite", "slt"),
    ("flite", "kal"),
    ("festival", "cmu_us_slt_arctic_hts"),
    ("festival", "kal_diphone"),
    ("kokoro", "af_heart"),
    ("hibari", "af_heart"),
    ("piper", "joe"),
)
GROUP = "synthetic"
BEFORE, AFTER = 0.5, 0.8  # seconds of silence around: a session has begun, and the mouth has time to come to rest


def load(cache: Path) -> list[Utterance]:
    """All test voices saying TEXTS; what the cache lacks is synthesized.

    Raises SynthesisUnavailable when an engine is not installed; the message says how to get it.
    """
    speech = SpeechCache(cache / "speech")
    wanted = len(VOICES) * len(TEXTS)
    return list(tqdm(_utterances(speech, cache / "kokoro-styles"), GROUP, wanted, unit="utterance", disable=None))


def _utterances(speech: SpeechCache, styles: Path) -> Iterator[Utterance]:
    for engine, voice in VOICES:
        synthesizer: Synthesizer | None = None
        for number, text in enumerate(TEXTS):
            path = speech.path(engine, voice, text, 1.0)
            if not path.exists():
                synthesizer = synthesizer or create(engine, styles)
                speech.store(synthesizer.speak(voice, text), path)
            line = prepare(speech.load(path))
            name = f"{engine}-{voice}-{number + 1:02d}"
            yield padded(Utterance(name, GROUP, f"{engine}/{voice}", line.samples, line.phones), BEFORE, AFTER)
