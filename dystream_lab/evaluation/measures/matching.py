"""Matched partners: the null hypothesis for a listener's timing.

Opportunities shifted in time would often fall outside the partner's turns; a face that moves whenever the partner
speaks would exceed that null. Instead, each turn of the partner gets the opportunities of a turn of another partner of
similar length and share of speech, at the same relative positions. The remaining ratio follows from turn taking alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from dystream_lab.corpus.events import runs
from dystream_lab.evaluation.sets.conversations import Conversation, phrases, spans
from dystream_lab.rates import FRAME_RATE

_NEAREST = 8  # most similar turns, of which a draw takes one


@dataclass(frozen=True)
class Turn:
    """One turn of the partner.

    Attributes:
        conversation: index of the conversation.
        start, seconds: its start and length, in s.
        share: share of speech in it.
        opportunities: relative positions in it, 0 to 1.
    """

    conversation: int
    start: float
    seconds: float
    share: float
    opportunities: tuple[float, ...]


def partner_turns(conversations: Sequence[Conversation]) -> list[Turn]:
    """The turns of the partner in each conversation."""
    turns = []
    for index, conversation in enumerate(conversations):
        speech = spans(phrases(conversation.other_phones), conversation.frames)
        for first, past in runs(conversation.floor):
            start, seconds = first / FRAME_RATE, (past - first) / FRAME_RATE
            inside = [at for at in conversation.opportunities if start <= at < start + seconds]
            relative = tuple((at - start) / seconds for at in inside)
            turns.append(Turn(index, start, seconds, float(speech[first:past].mean()), relative))
    return turns


def matched_opportunities(conversations: Sequence[Conversation], draws: int, seed: int) -> list[list[list[float]]]:
    """Opportunities in s taken from turns of other partners: by draw, then by conversation.

    Conversations of one clip (names "clip/party") are never matched.

    Raises:
        ValueError: there is only one clip.
    """
    turns = partner_turns(conversations)
    clips = [conversation.name.rpartition("/")[0] or conversation.name for conversation in conversations]
    if turns and len(set(clips)) < 2:
        raise ValueError(f"all conversations are of the clip {clips[0]!r}; matched partners need at least two clips")
    lenders = [_nearest(turn, [other for other in turns if clips[other.conversation] != clips[turn.conversation]])
               for turn in turns]  # fmt: skip
    rng = np.random.default_rng(seed)
    drawn: list[list[list[float]]] = []
    for _ in range(draws):
        given: list[list[float]] = [[] for _ in conversations]
        for turn, near in zip(turns, lenders):
            if near:
                lender = near[rng.integers(len(near))]
                given[turn.conversation] += [turn.start + at * turn.seconds for at in lender.opportunities]
        drawn.append(given)
    return drawn


def _nearest(turn: Turn, others: list[Turn]) -> list[Turn]:
    def distance(other: Turn) -> float:
        return abs(np.log(other.seconds / turn.seconds)) + 2.0 * abs(other.share - turn.share)

    return sorted(others, key=distance)[:_NEAREST]
