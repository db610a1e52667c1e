"""Fills a speech cache by synthesis in a fixed order of voices and texts; resumable at any utterance."""

import hashlib
import warnings
from collections.abc import Iterator
from typing import Protocol

import numpy as np

from dystream_lab.speech.phones import UnknownSymbol, to_phones
from dystream_lab.speech.speech import Speech, SpeechCache
from dystream_lab.speech.texts.sentences import sentence_bank
from dystream_lab.speech.texts.wide_sentences import held_out_texts, wide_texts
from dystream_lab.speech.voices import voices_of

# Roles of a round of a voice: each round has one backchannel, so that a short corpus has some of each voice.
_ROUND = ("statement", "question", "statement", "backchannel", "statement", "answer", "question", "statement", "answer")
_RATES = (0.85, 1.25)  # speaking rate against the voice's own
_UNREAD = 10  # utterances with unknown symbols after which an engine fails, if they are most of its utterances
_BY_HAND = 0.25  # share of hand-written texts; the others have a wide vocabulary


class Synthesizer(Protocol):
    """An engine.

    Attributes:
        engine: its name.
    """

    engine: str

    def speak(self, voice: str, text: str, rate: float = 1.0) -> Speech:
        """Speech with phone times in the engine's alphabet; `rate` is relative to the voice's own rate.

        Raises SynthesisUnavailable.
        """
        ...


def script(engine: str, seed: int = 0) -> Iterator[tuple[str, str, float]]:
    """Endless (voice, text, rate) of an engine, all voices in turn, determined by the seed.

    Texts of validation voices are exclusive to them.
    """
    by_hand, wide, held_out = sentence_bank(seed), wide_texts(seed), held_out_texts()
    turn = 0
    while True:
        role = _ROUND[turn % len(_ROUND)]
        for voice in voices_of(engine):
            digest = hashlib.sha256(f"{seed} {engine} {voice.name} {turn}".encode()).digest()
            rng = np.random.default_rng(int.from_bytes(digest[:8], "big"))
            generated = rng.random() >= _BY_HAND and role in wide
            texts = wide[role] if generated else by_hand[role]
            if voice.split == "valid" and role in held_out:
                texts = held_out[role]
            text = texts[rng.integers(len(texts))]
            yield voice.name, text, round(float(rng.uniform(*_RATES)), 3)
        turn += 1


def collect(synthesizer: Synthesizer, cache: SpeechCache, seconds: float, seed: int = 0) -> Iterator[float]:
    """Synthesizes until the engine has `seconds` of speech in the cache; yields the seconds after each utterance.

    Cached utterances are not synthesized again. An utterance with a symbol that is missing in the engine's alphabet is
    left out with a warning: a foreign word must not stop a job of hours.

    Raises:
        UnknownSymbol: most utterances have such symbols.
    """
    made, kept, unread = 0.0, 0, 0
    for voice, text, rate in script(synthesizer.engine, seed):
        path = cache.path(synthesizer.engine, voice, text, rate)
        if not path.exists():
            speech = synthesizer.speak(voice, text, rate)
            try:
                to_phones(speech.symbols, speech.engine)
            except UnknownSymbol as error:
                unread += 1
                if unread >= max(_UNREAD, kept):
                    raise
                warnings.warn(f"left out {text!r} of {voice}: {error}", stacklevel=2)
                continue
            cache.store(speech, path)
        kept += 1
        made += cache.seconds(path)
        yield made
        if made >= seconds:
            return
