"""The synthesizers by name, and how much of the speech each gives."""

from pathlib import Path

from dystream_ros.training.synthesis.collect import Synthesizer

# Share of the distinct speech; the fast engines come first, so that a corpus can be begun early.
SHARES = {"espeak": 0.20, "flite": 0.22, "festival": 0.10, "kokoro": 0.48}


def create(engine: str, styles: Path) -> Synthesizer:
    """The synthesizer of `engine`, one of SHARES; `styles` is where Kokoro's style files are or go.

    Raises SynthesisUnavailable when something that it needs is not installed, ValueError for an unknown name.
    """
    if engine == "espeak":
        from dystream_ros.training.synthesis.espeak import EspeakSynthesizer

        return EspeakSynthesizer()
    if engine == "flite":
        from dystream_ros.training.synthesis.flite import FliteSynthesizer

        return FliteSynthesizer()
    if engine == "festival":
        from dystream_ros.training.synthesis.festival import FestivalSynthesizer

        return FestivalSynthesizer()
    if engine == "kokoro":
        from dystream_ros.training.synthesis.kokoro import KokoroSynthesizer
        from dystream_ros.training.synthesis.styles import ensure_styles

        return KokoroSynthesizer(ensure_styles(styles))
    raise ValueError(f"no engine {engine!r}; there are {', '.join(SHARES)}")
