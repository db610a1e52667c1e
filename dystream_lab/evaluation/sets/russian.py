"""The half of Debian's festvox-ru that is never trained on: a human reader of Russian, with the package's labels."""

from pathlib import Path

import soundfile

from dystream_lab.corpus.cast import prepare
from dystream_lab.evaluation.sets.synthetic import AFTER, BEFORE
from dystream_lab.evaluation.sets.utterance import Utterance, padded
from dystream_lab.speech.engines import festvox_ru
from dystream_lab.speech.engines.festival import read_segments
from dystream_lab.speech.speech import Speech, to_corpus_rate
from dystream_ros.cli.demo.debian_recordings import unpacked

GROUP = "russian"
_EVERY = 10  # of the held-out recordings, so that the set is about five minutes


def load(cache: Path) -> list[Utterance]:
    """Every tenth held-out recording. The package (242 MB) is fetched with apt-get when it is not installed."""
    folder = festvox_ru.FOLDER
    if not folder.exists():
        folder = unpacked("festvox-ru", cache / "debian") / festvox_ru.FOLDER.relative_to("/")
    recordings = sorted(path for path in (folder / "wav").glob("*.wav") if festvox_ru.is_held_out(path.stem))
    return [_utterance(folder, path) for path in recordings[::_EVERY]]


def _utterance(folder: Path, recording: Path) -> Utterance:
    samples, sample_rate = soundfile.read(recording, dtype="float32")
    symbols = read_segments(folder / "lab" / f"{recording.stem}.lab")
    speech = Speech(to_corpus_rate(samples, sample_rate), symbols, recording.stem, festvox_ru.ENGINE, festvox_ru.VOICE)
    line = prepare(speech)
    voice = f"{festvox_ru.ENGINE}/{festvox_ru.VOICE}"
    return padded(Utterance(recording.stem, GROUP, voice, line.samples, line.phones), BEFORE, AFTER)
