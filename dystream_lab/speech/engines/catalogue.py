"""The sources of speech by name, and how much of the speech each gives."""

from collections.abc import Iterator
from pathlib import Path

from dystream_lab.speech.collect import Synthesizer, collect
from dystream_lab.speech.engines import festvox_ru
from dystream_lab.speech.speech import SpeechCache

# Share of the distinct speech; the fast engines come first, so that a corpus can be begun early.
SHARES = {
    "festvox-ru": 0.08, "espeak": 0.27, "flite": 0.29, "festival": 0.11, "festival-fi": 0.09, "festival-ca": 0.06,
    "kokoro": 0.10,
}  # fmt: skip


def gather(engine: str, cache: SpeechCache, seconds: float, seed: int, styles: Path) -> Iterator[float]:
    """Bring `seconds` of an engine's speech into the cache; yields the seconds so far after each utterance.

    Raises SynthesisUnavailable when something that it needs is not installed, ValueError for an unknown name.
    """
    if engine == festvox_ru.ENGINE:
        yield from festvox_ru.collect_recordings(cache, seconds)
    else:
        yield from collect(create(engine, styles), cache, seconds, seed)


def create(engine: str, styles: Path) -> Synthesizer:
    """The synthesizer called `engine`; `styles` is where Kokoro's style files are or go.

    Raises SynthesisUnavailable when something that it needs is not installed, ValueError for an unknown name.
    """
    if engine == "espeak":
        from dystream_lab.speech.engines.espeak import EspeakSynthesizer

        return EspeakSynthesizer()
    if engine == "flite":
        from dystream_lab.speech.engines.flite import FliteSynthesizer

        return FliteSynthesizer()
    if engine.startswith("festival") and engine in SHARES:
        from dystream_lab.speech.engines.festival import FestivalSynthesizer

        return FestivalSynthesizer(engine)
    if engine == "kokoro":
        from dystream_lab.speech.engines.kokoro import KokoroSynthesizer, ensure_styles

        return KokoroSynthesizer(ensure_styles(styles))
    # The two that only test voices come from.
    if engine == "hibari":
        from dystream_lab.speech.engines.hibari import HibariSynthesizer

        return HibariSynthesizer()
    if engine == "piper":
        from dystream_lab.speech.engines.piper import PiperSynthesizer

        return PiperSynthesizer()
    raise ValueError(f"no engine {engine!r}; there are {', '.join(SHARES)}, hibari, piper")
