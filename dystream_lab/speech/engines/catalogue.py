"""The sources of speech by name, and the share of each in a corpus."""

from collections.abc import Iterator
from pathlib import Path

from dystream_lab.speech.collect import Synthesizer, collect
from dystream_lab.speech.engines import festvox_ru
from dystream_lab.speech.speech import SpeechCache

# Share of the distinct speech; fast engines come first, so that a corpus can be started early.
SHARES = {
    "festvox-ru": 0.08, "espeak": 0.27, "flite": 0.29, "festival": 0.11, "festival-fi": 0.09, "festival-ca": 0.06,
    "kokoro": 0.10,
}  # fmt: skip


def gather(engine: str, cache: SpeechCache, seconds: float, seed: int, styles: Path) -> Iterator[float]:
    """Fills the cache with `seconds` of an engine's speech; yields the seconds so far after each utterance.

    Raises:
        SynthesisUnavailable: a program, package or voice that the engine needs is not installed.
        ValueError: unknown name.
    """
    if engine == festvox_ru.ENGINE:
        yield from festvox_ru.collect_recordings(cache, seconds)
    else:
        yield from collect(create(engine, styles), cache, seconds, seed)


def create(engine: str, styles: Path) -> Synthesizer:
    """A synthesizer by name.

    Args:
        engine: of SHARES, "hibari" or "piper".
        styles: folder of Kokoro's style files, fetched if missing.

    Raises:
        SynthesisUnavailable: a program, package or voice that the engine needs is not installed.
        ValueError: unknown name.
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
    # Engines of test voices only.
    if engine == "hibari":
        from dystream_lab.speech.engines.hibari import HibariSynthesizer

        return HibariSynthesizer()
    if engine == "piper":
        from dystream_lab.speech.engines.piper import PiperSynthesizer

        return PiperSynthesizer()
    raise ValueError(f"no engine {engine!r}; there are {', '.join(SHARES)}, hibari, piper")
