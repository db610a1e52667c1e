"""Stability of the loop in which a model receives its own motion: extreme histories, voice swaps, and limits."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch

from dystream_lab.evaluation.measures.intervals import Summary, bootstrap, quantiles
from dystream_lab.evaluation.measures.lips import CLOSED
from dystream_lab.evaluation.measures.stillness import REST
from dystream_lab.evaluation.rows.catalogue import Row
from dystream_lab.evaluation.sets.conversations import Conversation, phrases
from dystream_lab.evaluation.sets.utterance import Utterance
from dystream_lab.rates import FRAME_RATE, SAMPLE_RATE
from dystream_ros.face.aperture import aperture
from dystream_ros.face.arkit import ARKIT_INDEX, ARKIT_NAMES, SPEECH_INDEX
from dystream_ros.models.compact.model import CompactModel

BARS = {"lips neutral": "1", "pose neutral": "1", "closed 120 ms after a swap": ">= 0.9"}

_FACE = len(ARKIT_NAMES)
_HELD = 50  # frames of the forced history
_AFTER = 250  # frames after it
_LIPS_BACK = 5  # frames, 200 ms, within which lips become neutral
_POSE_BACK = 50  # frames, 2 s, within which the pose becomes neutral
_LIPS_NEUTRAL = 0.15  # largest coefficient of neutral lips, smiles excluded
_HEAD_NEUTRAL = np.array([*[np.deg2rad(10.0)] * 3, *[0.015] * 3])  # rad, m: range of the teacher's heads at rest
_SMILE = {ARKIT_INDEX[f"mouth{part}{side}"] for part in ("Smile", "Dimple") for side in ("Left", "Right")}
_LIPS = [index for index in SPEECH_INDEX if index not in _SMILE]
_LIDS = [ARKIT_INDEX["eyeBlinkLeft"], ARKIT_INDEX["eyeBlinkRight"]]
_POSE_LIMIT = (0.6, 0.6, 0.8, 0.05, 0.05, 0.05)  # rad, m; as in models/compact/motion_space.py

_BEFORE_SWAP = 3.0  # s of the first voice
_AFTER_SWAP = 0.6  # s of the second
_CLOSES_WITHIN = 0.12
_CURVE = (0.04, 0.08, _CLOSES_WITHIN, 0.16, 0.2, 0.24, 0.32, 0.4)  # s after a swap


def histories(frames: int = _HELD) -> dict[str, np.ndarray]:
    """Extreme histories that no face has: float32 (frames, 58) by name."""
    rng = np.random.default_rng(0)
    time = np.arange(frames) / FRAME_RATE

    def face(**values: float) -> np.ndarray:
        motion = np.zeros((frames, 58), np.float32)
        for name, value in values.items():
            motion[:, ARKIT_INDEX[name]] = value
        return motion

    limit = np.array(_POSE_LIMIT, np.float32)
    turned, shaking, noise = face(), face(), face()
    turned[:, _FACE:] = limit
    shaking[:, _FACE + 2] = 0.5 * np.sin(2 * np.pi * 3.0 * time)
    noise[:, :_FACE] = rng.uniform(0.0, 1.0, (frames, _FACE))
    noise[:, _FACE:] = rng.uniform(-limit, limit, (frames, 6))
    everything = face(**dict.fromkeys(ARKIT_NAMES, 1.0))
    return {
        "mouth wide open": face(jawOpen=1.0),
        "lips sealed over an open jaw": face(jawOpen=1.0, mouthClose=1.0),
        "lips pushed out": face(mouthPucker=1.0, mouthFunnel=1.0, jawOpen=0.4),
        "broad grin": face(mouthSmileLeft=1.0, mouthSmileRight=1.0, jawOpen=0.5, cheekSquintLeft=1, cheekSquintRight=1),
        "eyes shut": face(eyeBlinkLeft=1.0, eyeBlinkRight=1.0),
        "brows and eyes wide": face(browInnerUp=1.0, browOuterUpLeft=1.0, browOuterUpRight=1.0, eyeWideLeft=1.0),
        "everything at once": everything,
        "head at its limits": turned,
        "head at its other limits": turned * np.float32(-1.0),
        "head shaking": shaking,
        "noise": noise,
        "one frame of noise held": np.repeat(noise[:1], frames, axis=0),
    }


@torch.inference_mode()
def continued(model: CompactModel, history: np.ndarray, frames: int, seeds: Sequence[int]) -> np.ndarray:
    """Motion (B, frames, 58) in silence after forced histories (B, H, 58), one seed per session."""
    sessions = len(history)
    silence = torch.zeros(sessions, model.hop)
    generators = [torch.Generator().manual_seed(seed) for seed in seeds]
    state = model.initial_state(sessions)
    if model.lookahead:
        ahead = torch.zeros(sessions, model.lookahead)
        state = state._replace(audio=model.prime(ahead, ahead, state.audio))
    anchor = torch.zeros(sessions, model.motion_size)
    made = []
    for index in range(history.shape[1] + frames):
        noise = torch.stack([torch.randn(model.noise_size, generator=generator) for generator in generators])
        motion, state = model.step(silence, silence, anchor, noise, state)
        if index < history.shape[1]:
            state = model.emitted(state, torch.from_numpy(history[:, index]))
        else:
            made.append(motion.numpy().copy())
    return np.stack(made, axis=1)


def recovery(model: CompactModel, seeds: int, draws: int = 4) -> Summary:
    """Shares of sessions that return to neutral, by history and overall: `draws` sessions per history and seed.

    lips neutral: from 200 ms on the aperture is below 5 % and no lip coefficient exceeds 0.15.
    angles neutral, pose neutral: averaged over the third second, the head is within 10 degrees, and within 15 mm as
    well.
    eyes open: in most frames of the third second.
    """
    past = histories()
    forced = np.repeat(np.stack(list(past.values())), draws, axis=0)
    tallies, times = [], []
    for seed in range(seeds):
        motion = continued(model, forced, _AFTER, [1000 * seed + row for row in range(len(forced))])
        tallies.append(judge_recovery(motion).reshape(len(past), draws, 5))
        times.append(seconds_to_pose(motion).reshape(len(past), draws))
    made, waited = np.array(tallies), np.array(times)  # (seeds, histories, draws, 5 or none)
    summary = bootstrap(made.reshape(seeds, -1, 5), _shares)
    for index, name in enumerate(past):
        of_history = bootstrap(made[:, index], _shares)
        of_history |= quantiles({"s to neutral pose": waited[:, index]}, {"median": 50})
        summary |= {f"{measure}, after {name}": value for measure, value in of_history.items()}
    return summary


def judge_recovery(motion: np.ndarray) -> np.ndarray:
    """Ones, then flags of neutral lips, angles, pose and open eyes: float64 (B, 5), of motion (B, frames, 58)."""
    lips = motion[:, _LIPS_BACK:]
    shut = aperture(lips[..., :_FACE]) < REST
    neutral = (shut & (lips[..., _LIPS].max(-1) < _LIPS_NEUTRAL)).all(1)
    third = motion[:, _POSE_BACK : _POSE_BACK + FRAME_RATE]
    pose = np.abs(third[..., _FACE:].mean(1)) < _HEAD_NEUTRAL
    eyes = (third[..., _LIDS].mean(-1) < 0.5).mean(1) > 0.5
    return np.stack([np.ones(len(motion)), neutral, pose[:, :3].all(1), pose.all(1), eyes], 1).astype(np.float64)


def seconds_to_pose(motion: np.ndarray) -> np.ndarray:
    """Seconds until the head is neutral, averaged over the following second: (B,) of motion (B, frames, 58).

    The length of the motion where it never is.
    """
    summed = np.pad(np.cumsum(motion[..., _FACE:], axis=1, dtype=np.float64), ((0, 0), (1, 0), (0, 0)))
    means = (summed[:, FRAME_RATE:] - summed[:, :-FRAME_RATE]) / FRAME_RATE
    neutral = (np.abs(means) < _HEAD_NEUTRAL).all(-1)
    return np.where(neutral.any(1), neutral.argmax(1), motion.shape[1]) / FRAME_RATE


def _shares(sums: np.ndarray) -> Mapping[str, np.ndarray]:
    names = ("lips neutral", "angles neutral", "pose neutral", "eyes open")
    return {name: sums[..., 1 + index] / sums[..., 0] for index, name in enumerate(names)}


@dataclass(frozen=True)
class Swap:
    """Sound float32 (n,) that jumps in mid-word to another voice, at `at` seconds, as that voice closes its lips."""

    sound: np.ndarray
    at: float


def swaps(conversations: Sequence[Conversation], count: int) -> tuple[list[Swap], list[Swap]]:
    """Swaps from the middle of a vowel to a P, B or M within a phrase of another voice; and closures without a swap.

    The other voice is that of another conversation, or of the other party of the same clip.

    Raises:
        ValueError: there is too little speech, or of one voice only.
    """
    rng = np.random.default_rng(0)
    vowels = [(index, (start + end) / 2) for index, talk in enumerate(conversations)
              for start, end, phone in talk.phones if phone in ("AA", "AE", "AO", "AY", "AW") and end - start > 0.08
              and start > _BEFORE_SWAP]  # fmt: skip
    closures = [(index, start) for index, talk in enumerate(conversations)
                for start, _ in _inner_closures(talk) if start > _BEFORE_SWAP]  # fmt: skip
    if not vowels or not closures:
        raise ValueError("the conversations hold no vowel or no P, B or M after their first seconds; give more clips")
    if {index for index, _ in vowels} == {index for index, _ in closures} == {closures[0][0]}:
        raise ValueError("all vowels and all P, B and M are of one voice; a swap needs two: give more clips")
    swapped, whole = [], []
    while len(swapped) < count:
        first, out = vowels[rng.integers(len(vowels))]
        second, into = closures[rng.integers(len(closures))]
        if first == second:
            continue
        # The jump falls at a random place in a frame, as on a robot.
        before = int((_BEFORE_SWAP - rng.uniform(0.0, 0.04)) * SAMPLE_RATE)
        rest = _cut(conversations[second].self_audio, into, 0, int(_AFTER_SWAP * SAMPLE_RATE))
        at = before / SAMPLE_RATE
        swapped.append(Swap(_fitted(_cut(conversations[first].self_audio, out, before, 0), rest), at))
        whole.append(Swap(_fitted(_cut(conversations[second].self_audio, into, before, 0), rest), at))
    return swapped, whole


def _inner_closures(talk: Conversation) -> list[tuple[float, float]]:
    """P, B and M with 150 ms of speech before them in their phrase: start and end in s."""
    inner = []
    for start, end, phone in talk.phones:
        if phone in ("P", "B", "M") and any(a <= start - 0.15 and start < b for a, b in phrases(talk.phones)):
            inner.append((start, end))
    return inner


def _cut(sound: np.ndarray, seconds: float, before: int, after: int) -> np.ndarray:
    middle = round(seconds * SAMPLE_RATE)
    return sound[middle - before : middle + after]


def _fitted(before: np.ndarray, after: np.ndarray) -> np.ndarray:
    sound = np.concatenate([before, after])
    length = int((_BEFORE_SWAP + _AFTER_SWAP - 0.08) * SAMPLE_RATE)
    return np.pad(sound, (0, max(0, length - len(sound))))[:length].astype(np.float32)


def swapped(row: Row, conversations: Sequence[Conversation], count: int = 60) -> Summary:
    """Shares of P, B, M at which lips close (15 %) within 120 ms and other times, after a voice swap and without one.

    The control is the share of closed lips in the 120 ms of vowel before the swap.
    """
    jumping, whole = swaps(conversations, count)
    recordings = [
        Utterance(f"{name} {index}", "swaps", "", swap.sound, ())
        for name, of in (("swap", jumping), ("whole", whole))
        for index, swap in enumerate(of)
    ]
    tallies = []
    for seed in range(row.seeds):
        gaps = [aperture(motion[:, :_FACE]) for motion in row.motions(recordings, seed)]
        after = [[closes(gap, swap.at, within) for within in _CURVE] for gap, swap in zip(gaps, jumping + whole)]
        before = [closes(gap, swap.at - _CLOSES_WITHIN, _CLOSES_WITHIN) for gap, swap in zip(gaps, jumping)]
        tallies.append(np.column_stack([np.ones(count), before, after[:count], after[count:]]))
    return bootstrap(np.array(tallies, np.float64), _closures)


def closes(gap: np.ndarray, at: float, within: float = _CLOSES_WITHIN) -> bool:
    """Whether an aperture (frames,) falls below 15 % between `at` and `at` + `within` seconds."""
    times = (np.arange(len(gap)) + 0.5) / FRAME_RATE
    return bool((gap[(times > at) & (times <= at + within)] < CLOSED).any())


def _closures(sums: np.ndarray) -> Mapping[str, np.ndarray]:
    count, before, *after = np.moveaxis(sums, -1, 0)
    found = {"closed in the vowel before a swap": before / count}
    for within, swap, whole in zip(_CURVE, after, after[len(_CURVE) :]):
        found[f"closed {1000 * within:.0f} ms after a swap"] = swap / count
        found[f"closed in {1000 * within:.0f} ms without one"] = whole / count
    return found


def at_limits(made: Sequence[Sequence[np.ndarray]]) -> Summary:
    """Per cent of frames with a value clipped at its limit, of motions `made[seed][conversation]`.

    Coefficients at 1, except lids, and head pose at its limits. Coefficients at 0 are at rest.
    """
    others = [index for index in range(_FACE) if index not in _LIDS]
    limit = np.array(_POSE_LIMIT) - 1e-4
    tallies = [
        [
            (
                len(motion),
                (motion[:, others] > 0.9999).any(1).sum(),
                (np.abs(motion[:, _FACE:]) > limit).any(1).sum(),
                (motion[:, others] > 0.9999).sum() / len(others),
            )
            for motion in of_seed
        ]
        for of_seed in made
    ]
    return bootstrap(np.array(tallies, np.float64), _clipped)


def _clipped(sums: np.ndarray) -> Mapping[str, np.ndarray]:
    frames = sums[..., 0]
    return {
        "frames with a coefficient at 1, %": 100 * sums[..., 1] / frames,
        "frames with the head at a limit, %": 100 * sums[..., 2] / frames,
        "values clipped at 1, %": 100 * sums[..., 3] / frames,
    }
