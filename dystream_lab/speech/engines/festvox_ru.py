"""A human voice with phone times: the recordings behind Debian's festvox-ru, one Russian reader."""

from collections.abc import Iterator
from pathlib import Path

import soundfile

from dystream_lab.speech.engines.festival import read_segments
from dystream_lab.speech.speech import Speech, SpeechCache, SynthesisUnavailable, to_corpus_rate

ENGINE, VOICE = "festvox-ru", "msu_ru_nsh"
FOLDER = Path("/usr/share/festival/voices/russian/msu_ru_nsh_clunits")


def is_held_out(name: str) -> bool:
    """Whether a recording ("ru_0001") is held out for evaluation: odd numbers."""
    return int(name.rpartition("_")[2]) % 2 == 1


def collect_recordings(cache: SpeechCache, seconds: float, folder: Path = FOLDER) -> Iterator[float]:
    """Stores at most `seconds` of the training half in the cache; yields the seconds so far.

    Raises SynthesisUnavailable when the package is not installed.
    """
    recordings = sorted(path for path in (folder / "wav").glob("*.wav") if not is_held_out(path.stem))
    if not recordings:
        raise SynthesisUnavailable(f"no recordings in {folder / 'wav'}: apt-get install festvox-ru")
    made = 0.0
    for recording in recordings:
        path = cache.path(ENGINE, VOICE, recording.stem, 1.0)
        if not path.exists():
            samples, sample_rate = soundfile.read(recording, dtype="float32")
            symbols = read_segments(folder / "lab" / f"{recording.stem}.lab")
            cache.store(Speech(to_corpus_rate(samples, sample_rate), symbols, recording.stem, ENGINE, VOICE), path)
        made += cache.seconds(path)
        yield made
        if made >= seconds:
            return
