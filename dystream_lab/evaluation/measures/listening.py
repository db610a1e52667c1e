"""How a face listens: nods where the partner invites them, and the rates of what it does, a session at a time."""

from collections.abc import Mapping, Sequence

import numpy as np

from dystream_lab.corpus import events
from dystream_lab.evaluation.measures.intervals import Summary, bootstrap, quantiles
from dystream_lab.evaluation.measures.matching import matched_opportunities
from dystream_lab.evaluation.sets.conversations import Conversation, phrases, spans
from dystream_lab.rates import FRAME_RATE
from dystream_ros.face.arkit import ARKIT_NAMES
from dystream_ros.face.motion import POSE_NAMES

BARS = {
    "nod ratio": ">= 2, lower limit > 1.3",
    "nods /min listening": "4 to 15",
    "blinks /min": "10 to 25",
    "blinks half-closed": "<= 0.05",
}
_SWING = {"turned": 2.0, "placed": 4.0}  # s
_ANGLES = slice(len(ARKIT_NAMES), len(ARKIT_NAMES) + 3)
_TURNED = [len(ARKIT_NAMES) + POSE_NAMES.index(name) for name in ("headRoll", "headYaw")]
_PLACED = slice(len(ARKIT_NAMES) + 3, len(ARKIT_NAMES) + 6)
_WINDOW = (0.2, 1.5)  # s after an opportunity
_DRAWS = 20  # of matched partners
LEAST_LISTENING = 5.0  # s; a session that listens less has no rate of its own
_COUNTS = (
    "nods_at", "frames_at", "nods_elsewhere", "frames_elsewhere",
    "null_nods_at", "null_frames_at", "null_nods_elsewhere", "null_frames_elsewhere",
    "blinks", "half_closed", "depth", "brows", "smiles", "frames",
    "listening", "listening_met", "speaking", "speaking_met",
    "turned_later", "turned", "placed_later", "placed", "trembling", "teacher_trembling",
)  # fmt: skip
_INDEX = {name: index for index, name in enumerate(_COUNTS)}


def judge(made: Sequence[Sequence[np.ndarray]], conversations: Sequence[Conversation]) -> Summary:
    """Measures of motions of conversations: `made[seed][conversation]` is float32 (frames, 58).

    "nod ratio" is the rate of nods that begin 0.2 to 1.5 s after a labelled opportunity over that elsewhere in the
    partner's turns, both while the face is silent; "nod ratio, matched partners" the same with opportunities of
    partners of matched voice activity. "head swing" and "place swing" are the correlation of roll and yaw with
    themselves 2 s later, and of the place 4 s later: a pendulum of twice that period has -1. "head trembling" is how
    large the second differences of its angles are. Names that end in p10, median, p90 tell how sessions differ.
    """
    drawn = matched_opportunities(conversations, _DRAWS, seed=0)
    tallies = np.array(
        [
            [
                _tally(motion, conversation, [draw[index] for draw in drawn])
                for index, (motion, conversation) in enumerate(zip(of_seed, conversations))
            ]
            for of_seed in made
        ]
    )
    return bootstrap(tallies, _pooled) | _spread(tallies)


def teacher(conversations: Sequence[Conversation]) -> Summary:
    """What the measures say of the corpus's own motion."""
    return judge([[conversation.teacher for conversation in conversations]], conversations)


def _tally(motion: np.ndarray, conversation: Conversation, drawn: Sequence[Sequence[float]]) -> np.ndarray:
    """What one session adds to the sums of `_COUNTS`."""
    frames = len(motion)
    listening = conversation.listening[:frames]
    nods = events.nods(motion)
    counts = dict(zip(("nods_at", "frames_at", "nods_elsewhere", "frames_elsewhere"),
                      split_nods(nods, listening, conversation.opportunities)))  # fmt: skip
    null = np.mean([split_nods(nods, listening, given) for given in drawn], axis=0)
    counts |= {f"null_{name}": value for name, value in zip(tuple(counts), null)}
    blinks = events.blinks(motion)
    counts |= {
        "blinks": len(blinks.starts),
        "half_closed": np.count_nonzero(blinks.depths < events.HALF_CLOSED),
        "depth": blinks.depths.sum(),
        "brows": len(events.brow_raises(motion)),
        "smiles": len(events.smiles(motion)),
        "frames": frames,
    }
    met = events.looks_at_partner(motion)
    speaking = conversation.speaking[:frames]
    heard = spans(phrases(conversation.other_phones), frames) & ~speaking
    counts |= {"listening": heard.sum(), "listening_met": (met & heard).sum()}
    counts |= {"speaking": speaking.sum(), "speaking_met": (met & speaking).sum()}
    counts |= _pendulum("turned", motion[:, _TURNED]) | _pendulum("placed", motion[:, _PLACED])
    counts |= {"trembling": _trembling(motion), "teacher_trembling": _trembling(conversation.teacher)}
    return np.array([counts[name] for name in _COUNTS], np.float64)


def _pendulum(name: str, values: np.ndarray) -> dict[str, float]:
    """Sums of the squares of numbers (frames, n) about their means, and of products with those some time later."""
    lag = min(round(_SWING[name] * FRAME_RATE), len(values) - 1)
    around = (values - values.mean(0)).astype(np.float64)
    later = (around[lag:] * around[:-lag]).mean() if lag else 0.0
    return {f"{name}_later": later, name: np.square(around).mean()}


def _trembling(motion: np.ndarray) -> float:
    """Square of the second differences of the head's angles in a motion (frames, 58)."""
    return float(np.square(np.diff(motion[:, _ANGLES], n=2, axis=0)).sum())


def split_nods(nods: np.ndarray, listening: np.ndarray, opportunities: Sequence[float]) -> tuple[int, int, int, int]:
    """Nods and frames after opportunities, and elsewhere, both while listening."""
    after = spans([(at + _WINDOW[0], at + _WINDOW[1]) for at in opportunities], len(listening))
    at, elsewhere = listening & after, listening & ~after
    return int(at[nods].sum()), int(at.sum()), int(elsewhere[nods].sum()), int(elsewhere.sum())


def _pooled(sums: np.ndarray) -> Mapping[str, np.ndarray]:
    """Measures (...,) of sums (..., n) over sessions."""
    total = {name: sums[..., index] for name, index in _INDEX.items()}
    minutes = 1.0 / (FRAME_RATE * 60)

    def ratio(prefix: str) -> np.ndarray:
        # Half a nod each keeps the ratio finite where there are none at all.
        at = (total[f"{prefix}nods_at"] + 0.5) / total[f"{prefix}frames_at"]
        return at / ((total[f"{prefix}nods_elsewhere"] + 0.5) / total[f"{prefix}frames_elsewhere"])

    with np.errstate(divide="ignore", invalid="ignore"):
        listening = total["frames_at"] + total["frames_elsewhere"]
        trembles = total["teacher_trembling"]
        return {
            "nod ratio": ratio(""),
            "nod ratio, matched partners": ratio("null_"),
            "nod ratio over matched": ratio("") / ratio("null_"),
            "nods /min listening": (total["nods_at"] + total["nods_elsewhere"]) / (listening * minutes),
            "blinks /min": total["blinks"] / (total["frames"] * minutes),
            "blink depth": total["depth"] / total["blinks"],
            "blinks half-closed": total["half_closed"] / total["blinks"],
            "brow raises /min": total["brows"] / (total["frames"] * minutes),
            "smiles /min": total["smiles"] / (total["frames"] * minutes),
            "gaze met listening": total["listening_met"] / total["listening"],
            "gaze met speaking": total["speaking_met"] / total["speaking"],
            "head swing": total["turned_later"] / total["turned"],
            "place swing": total["placed_later"] / total["placed"],
            "head trembling / teacher's": np.sqrt(total["trembling"] / np.where(trembles > 0, trembles, np.nan)),
        }


def _spread(tallies: np.ndarray) -> Summary:
    """How the rates of sessions are spread, of tallies (seeds, sessions, n)."""
    column = {name: tallies[..., index] for name, index in _INDEX.items()}
    minutes = column["frames"] / (FRAME_RATE * 60)
    listened = (column["frames_at"] + column["frames_elsewhere"]) / (FRAME_RATE * 60)
    listened = np.where(listened * 60 >= LEAST_LISTENING, listened, np.nan)
    return quantiles(
        {
            "nods /min listening": (column["nods_at"] + column["nods_elsewhere"]) / listened,
            "blinks /min": column["blinks"] / minutes,
            "brow raises /min": column["brows"] / minutes,
            "smiles /min": column["smiles"] / minutes,
        }
    )
