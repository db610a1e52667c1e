"""The voices of a split: cached utterances by role, prepared as lines of a conversation."""

from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from dystream_lab.corpus.voice_change import UNCHANGED, VoiceChange, change_voice
from dystream_lab.rates import SAMPLE_RATE
from dystream_lab.speech.laughter import laugh
from dystream_lab.speech.phones import SILENCE, Interval, to_phones
from dystream_lab.speech.prosody import median_pitch
from dystream_lab.speech.speech import Speech, SpeechCache
from dystream_lab.speech.texts.sentences import ANSWERS, BACKCHANNELS
from dystream_lab.speech.texts.wide_sentences import ANSWER_OPENINGS, validates
from dystream_lab.speech.voices import VOICES, Voice

ROLES = ("statement", "question", "answer", "backchannel")
LAUGH = "(laughs)"  # text of a laugh; its role is "laugh"
BROKEN_OFF = " (broken off)"  # suffix of the text of a line that was cut
_PAD = 0.04  # s of sound kept around the first and last phone
_FADED = 0.05  # of the utterance's rms, below which a phone has ended
_EARLIER = 0.09  # s by which a first phone may begin before its label
_LEAST = 0.04  # s, shortest phone after fitting
# Share of each engine in conversations: natural voices more often, all of them often enough to train on.
_SHARES = {
    "kokoro": 0.46, "flite": 0.15, "festival": 0.08, "festival-fi": 0.08, "festival-ca": 0.04, "espeak": 0.11,
    "festvox-ru": 0.08,
}  # fmt: skip
_USUAL_PITCH = 160.0  # Hz, for a voice without a measurable pitch
_MURMUR = 0.45  # s of a statement used as a backchannel for voices without one


@dataclass(frozen=True)
class Line:
    """An utterance to place in a conversation.

    Attributes:
        samples: float32 (n,), 16 kHz, without outer silence.
        phones: in seconds from its start; () for a laugh.
        text: LAUGH for a laugh.
    """

    samples: np.ndarray
    phones: tuple[Interval, ...]
    text: str

    @property
    def seconds(self) -> float:
        return len(self.samples) / SAMPLE_RATE

    def cut(self, seconds: float) -> "Line":
        """The line cut after `seconds`, with a fade of 60 ms."""
        if seconds >= self.seconds:
            return self
        samples = self.samples[: int(seconds * SAMPLE_RATE)].copy()
        fade = min(len(samples), int(0.06 * SAMPLE_RATE))
        samples[len(samples) - fade :] *= np.linspace(1.0, 0.0, fade, dtype=np.float32)
        phones = tuple((start, min(end, seconds), phone) for start, end, phone in self.phones if start < seconds - 0.03)
        return Line(samples, phones, self.text + BROKEN_OFF)


def role_of(text: str) -> str:
    """The role of a text in a conversation, one of ROLES."""
    if text in BACKCHANNELS:
        return "backchannel"
    if text in ANSWERS or text.startswith(ANSWER_OPENINGS):
        return "answer"
    return "question" if text.endswith("?") else "statement"


def _may_say(split: str, text: str) -> bool:
    """Whether a text belongs to a split; texts of validation voices are exclusive, except backchannels."""
    return text in BACKCHANNELS or validates(text) == (split == "valid")


def prepare(speech: Speech, change: VoiceChange = UNCHANGED) -> Line:
    """A line of `speech` with its voice changed, as by another speaker. Raises ValueError without phones."""
    samples, before, after = change_voice(speech.samples, change)
    phones = [
        (float(np.interp(start, before, after)), float(np.interp(end, before, after)), phone)
        for start, end, phone in to_phones(speech.symbols, speech.engine)
    ]
    phones = _fitted_to_sound(_without_false_pauses(phones, samples), samples)
    spoken = [interval for interval in phones if interval[2] != SILENCE]
    if not spoken:
        raise ValueError(f"no phones in {speech.engine} {speech.voice}: {speech.text!r}")
    begin = max(0.0, spoken[0][0] - _PAD)
    end = min(len(samples) / SAMPLE_RATE, spoken[-1][1] + _PAD)
    first, last = spoken[0][0], spoken[-1][0]
    shifted = tuple((max(0.0, a - begin), b - begin, phone) for a, b, phone in phones if first <= a <= last)
    return Line(samples[int(begin * SAMPLE_RATE) : int(end * SAMPLE_RATE)], shifted, speech.text)


def _fitted_to_sound(phones: list[Interval], samples: np.ndarray) -> list[Interval]:
    """Phones beside silence with borders fitted to the sound: engines include a final fade, or begin late."""
    hop = SAMPLE_RATE // 100
    count = len(samples) // hop
    level = np.sqrt(np.mean(np.square(samples[: count * hop].reshape(count, hop)), axis=1) + 1e-12)
    audible = level > _FADED * np.sqrt(np.mean(np.square(samples)) + 1e-12)
    result = list(phones)
    for i, (start, end, phone) in enumerate(phones):
        if phone == SILENCE:
            continue
        if i == 0 or phones[i - 1][2] == SILENCE:
            start = _first_sound(audible, start)
            result[i] = (start, end, phone)
            if i > 0:
                result[i - 1] = (result[i - 1][0], max(result[i - 1][0], start), SILENCE)
        if i + 1 < len(phones) and phones[i + 1][2] != SILENCE:
            continue
        sounds = np.flatnonzero(audible[int(start * 100) : int(end * 100)])
        sounding = start + 0.01 * (sounds[-1] + 1) if len(sounds) else start + _LEAST
        shorter = min(end, max(sounding, start + _LEAST))
        result[i] = (start, shorter, phone)
        if i + 1 < len(phones):
            result[i + 1] = (shorter, phones[i + 1][1], SILENCE)
    return result


def _first_sound(audible: np.ndarray, start: float) -> float:
    """Start in s of the sound at `start`, at most _EARLIER before it."""
    index = min(int(start * 100), len(audible) - 1)
    first = max(0, index - int(_EARLIER * 100))
    while index > first and audible[index - 1]:
        index -= 1
    return min(start, index / 100)


def _without_false_pauses(phones: list[Interval], samples: np.ndarray) -> list[Interval]:
    """Phones without short pauses that contain sound, such as a comma read without a pause."""
    loud = np.sqrt(np.mean(np.square(samples)) + 1e-12)
    result: list[Interval] = []
    for i, (start, end, phone) in enumerate(phones):
        inner = 0 < i < len(phones) - 1
        part = samples[int(start * SAMPLE_RATE) : int(end * SAMPLE_RATE)]
        sounds = len(part) > 0 and np.sqrt(np.mean(np.square(part))) > 0.1 * loud
        if phone == SILENCE and inner and end - start < 0.15 and sounds and result:
            middle = (start + end) / 2
            result[-1] = (result[-1][0], middle, result[-1][2])
            following = phones[i + 1]
            phones[i + 1] = (middle, following[1], following[2])
        else:
            result.append((start, end, phone))
    return result


class Cast:
    """The voices of a split with speech in the cache."""

    def __init__(self, cache: SpeechCache, split: str) -> None:
        """Raises ValueError when no voice of the split has statements."""
        self._cache = cache
        wanted = {(voice.engine, voice.name): voice for voice in VOICES if voice.split == split}
        lines: dict[tuple[str, str], dict[str, list[Path]]] = defaultdict(lambda: defaultdict(list))
        for path in cache.all():
            key = (path.parts[-3], path.parts[-2])
            if key in wanted and _may_say(split, text := cache.text(path)):
                lines[key][role_of(text)].append(path)
        self._lines = {key: roles for key, roles in lines.items() if roles["statement"]}
        if not self._lines:
            raise ValueError(
                f"the speech in {cache.root} has no {split} voice with statements: run `dystream corpus` with more "
                "--speech-hours or other --engines"
            )
        self.voices: tuple[Voice, ...] = tuple(wanted[key] for key in sorted(self._lines))
        counts = defaultdict(int)
        for voice in self.voices:
            counts[voice.engine] += 1
        weights = np.array([_SHARES[voice.engine] / counts[voice.engine] for voice in self.voices])
        self._weights = weights / weights.sum()

    def pick(self, rng: np.random.Generator) -> tuple[Voice, Voice]:
        """Two different voices."""
        count = 2 if len(self.voices) > 1 else 1
        chosen = rng.choice(len(self.voices), count, replace=False, p=self._weights)
        return self.voices[chosen[0]], self.voices[chosen[-1]]

    def line(self, rng: np.random.Generator, voice: Voice, role: str, change: VoiceChange, said: set[Path]) -> Line:
        """A random line of a voice, preferably one that is not in `said`; its path is added to `said`.

        Args:
            rng: draws the line.
            voice: of `voices`.
            role: of ROLES, or "laugh". A voice without lines in a role, as in recordings, uses a statement.
            change: of the voice.
            said: paths of lines used in the conversation.
        """
        roles = self._lines[(voice.engine, voice.name)]
        if role == "laugh":
            statement = self._cache.load(roles["statement"][rng.integers(len(roles["statement"]))])
            return Line(laugh(rng, (median_pitch(statement.samples) or _USUAL_PITCH) * change.pitch), (), LAUGH)
        paths = roles[role] or roles["statement"]
        path = paths[rng.integers(len(paths))]
        fresh = [other for other in paths if other not in said]
        if path in said and fresh:
            path = fresh[rng.integers(len(fresh))]
        said.add(path)
        line = prepare(self._cache.load(path), change)
        return line.cut(_MURMUR) if role == "backchannel" and not roles[role] else line
