"""Turn taking: turns with gaps and overlaps, interruptions, backchannels, laughs, long pauses, monologues, silence.

Gaps follow Stivers et al. 2009 and Levinson and Torreira 2015: about 200 ms, some overlaps, some long pauses. A person
laughs about six times in ten minutes, mostly at the end of an utterance (Vettin and Todt 2004, Provine 1993).
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from dystream_lab.corpus.cast import LAUGH, Line
from dystream_lab.rates import SAMPLE_RATE
from dystream_lab.speech.phones import SILENCE, Interval

SCENARIOS = {"dialogue": 0.60, "monologue": 0.18, "lively": 0.15, "silence": 0.07}
_LAUGHS = {"dialogue": 0.07, "monologue": 0.06, "lively": 0.18}  # probability after a turn

Say = Callable[[int, str], Line]  # (party, role) -> a line


@dataclass(frozen=True)
class Placed:
    """A line of a party (0 or 1), starting at `start` seconds."""

    party: int
    start: float
    line: Line

    @property
    def end(self) -> float:
        return self.start + self.line.seconds


def plan(rng: np.random.Generator, seconds: float, scenario: str, say: Say) -> list[Placed]:
    """Lines of a conversation of about `seconds`, ordered by start; lines of one party never overlap.

    Args:
        rng: draws everything but the lines.
        seconds: length.
        scenario: a key of SCENARIOS.
        say: draws a line for a party and a role.
    """
    if scenario == "silence":
        return _sparse(rng, seconds, say)
    placed: list[Placed] = []
    speaker = int(rng.integers(2))
    now = rng.uniform(0.3, 2.0)
    role = "statement"
    while now < seconds:
        turn, asked = _turn(rng, now, speaker, role, scenario, say)
        turn = [item for item in turn if item.start < seconds]
        if not turn:
            break
        interrupted = scenario != "monologue" and rng.random() < (0.3 if scenario == "lively" else 0.09)
        last = turn[-1]
        if interrupted and last.line.seconds > 1.2:
            interruption = last.start + rng.uniform(0.55, 0.85) * last.line.seconds
            turn[-1] = Placed(speaker, last.start, last.line.cut(interruption + rng.uniform(0.25, 0.5) - last.start))
            following = interruption
        else:
            interrupted = False
            following = last.end + _gap(rng, scenario)
        placed += turn + _backchannels(rng, turn, following, scenario, say)
        if scenario == "monologue" and not asked:
            following = max(following, last.end + 0.2)
        else:
            speaker = 1 - speaker
        laughs = [] if interrupted or rng.random() > _LAUGHS[scenario] else _laughs(rng, last, say)
        placed += laughs
        now = max([following, *(item.end + rng.uniform(0.12, 0.5) for item in laughs if item.party == speaker)])
        role = "answer" if asked and not interrupted else "statement"
    return _without_own_overlap(sorted(placed, key=lambda item: item.start))


def _turn(
    rng: np.random.Generator, start: float, speaker: int, role: str, scenario: str, say: Say
) -> tuple[list[Placed], bool]:
    """One to five lines with short pauses; whether the turn ends with a question."""
    count = int(rng.integers(2, 6)) if scenario == "monologue" else int(rng.choice([1, 2, 3], p=[0.5, 0.33, 0.17]))
    roles = [role] + ["statement"] * (count - 1)
    asked = rng.random() < (0.06 if scenario == "monologue" else 0.38)
    if asked:
        roles[-1] = "question"
    items = []
    for name in roles:
        items.append(Placed(speaker, start, say(speaker, name)))
        start = items[-1].end + (rng.uniform(0.15, 0.9) if rng.random() < 0.85 else rng.uniform(0.9, 2.2))
    return items, asked


def _gap(rng: np.random.Generator, scenario: str) -> float:
    if scenario == "monologue":
        return float(rng.uniform(0.3, 1.6))
    if scenario == "lively":
        return float(np.clip(rng.normal(0.0, 0.3), -0.7, 0.8))
    if rng.random() < 0.13:
        return float(rng.uniform(1.8, 5.0))
    return float(np.clip(rng.normal(0.25, 0.35), -0.6, 1.5))


def _backchannels(
    rng: np.random.Generator, turn: list[Placed], following: float, scenario: str, say: Say
) -> list[Placed]:
    """Backchannels of the listener after lines within a turn, and sometimes at pauses within a line."""
    listener = 1 - turn[0].party
    chance = 0.45 if scenario == "monologue" else 0.35
    times = [item.end for item in turn[:-1]]
    for item in turn:
        pauses = [item.start + b for a, b, phone in item.line.phones if phone == SILENCE and b - a > 0.15]
        times += [time - 0.1 for time in pauses]
    made: list[Placed] = []
    for time in sorted(times):
        if rng.random() > chance or (made and time < made[-1].end + 1.2):
            continue
        answer = Placed(listener, time + rng.uniform(-0.05, 0.45), say(listener, "backchannel"))
        if answer.end < following - 0.6:
            made.append(answer)
    return made


def _laughs(rng: np.random.Generator, last: Placed, say: Say) -> list[Placed]:
    """Laughs of the listener, the speaker or both at the end of a line."""
    who = rng.choice(["listener", "speaker", "both"], p=[0.4, 0.25, 0.35])
    made = []
    if who != "speaker":
        made.append(Placed(1 - last.party, last.end + rng.uniform(-0.3, 0.5), say(1 - last.party, "laugh")))
    if who != "listener":
        made.append(Placed(last.party, last.end + rng.uniform(0.12, 0.6), say(last.party, "laugh")))
    return made


def _sparse(rng: np.random.Generator, seconds: float, say: Say) -> list[Placed]:
    """A conversation with long silences."""
    placed = []
    now = rng.uniform(4.0, 15.0)
    while now < seconds - 4.0:
        party = int(rng.integers(2))
        item = Placed(party, now, say(party, str(rng.choice(["answer", "question", "backchannel"]))))
        placed.append(item)
        now = item.end + rng.uniform(6.0, 20.0)
    return placed


def _without_own_overlap(placed: list[Placed]) -> list[Placed]:
    free = [-1.0, -1.0]
    kept = []
    for item in placed:
        if item.start >= free[item.party] + 0.1:
            kept.append(item)
            free[item.party] = item.end
    return kept


def perform(placed: list[Placed], party: int, samples: int) -> tuple[np.ndarray, list[Interval]]:
    """Clean sound float32 (samples,) of a party, and its phones in seconds of the conversation, cut at the end."""
    sound = np.zeros(samples, np.float32)
    phones: list[Interval] = []
    limit = samples / SAMPLE_RATE
    for item in placed:
        if item.party != party:
            continue
        first = round(item.start * SAMPLE_RATE)
        part = item.line.samples[: max(0, samples - first)]
        sound[first : first + len(part)] += part
        offset = first / SAMPLE_RATE
        moved = [(offset + start, min(offset + end, limit), phone) for start, end, phone in item.line.phones]
        phones += [interval for interval in moved if interval[0] < limit]
    return sound, phones


def laughs_of(placed: list[Placed], party: int) -> list[tuple[float, float]]:
    """Start and end in seconds of each laugh of a party, in order."""
    return [(item.start, item.end) for item in placed if item.party == party and item.line.text == LAUGH]
