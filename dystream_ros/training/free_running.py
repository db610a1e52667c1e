"""Motion of a model on a corpus in free running: what it makes from its own past, as on a robot."""

import numpy as np

from dystream_ros.engine.session import SessionBatch
from dystream_ros.models.compact.model import CompactModel
from dystream_ros.training.dataset import Clip, ConversationDataset
from dystream_ros.training.measures import Take, measure
from dystream_ros.training.phones import PHONE_INDEX, SILENCE


def evaluate(model: CompactModel, dataset: ConversationDataset, seed: int, clips: int) -> list[dict[str, float]]:
    """Measures of both views of the first clips of a dataset, all streamed as one batch."""
    views = _views(dataset, clips, model.lookahead)
    frames = min(len(view.motion) for view in views)
    motion = run(model, views, frames, seed)
    return [measure(_take(own, view)) for own, view in zip(motion, views)]


def teacher(dataset: ConversationDataset, clips: int) -> list[dict[str, float]]:
    """What the measures say of the teacher's own motion of the same views."""
    return [measure(_take(view.motion, view)) for view in _views(dataset, clips, lookahead=0)]


def _views(dataset: ConversationDataset, clips: int, lookahead: int) -> list[Clip]:
    return [dataset.whole(number, party, lookahead) for number in range(min(clips, len(dataset))) for party in range(2)]


def _take(motion: np.ndarray, view: Clip) -> Take:
    frames = len(motion)
    other_speaks = view.other_phones[:frames] != PHONE_INDEX[SILENCE]
    return Take(motion, view.motion[:frames], view.phones[:frames], other_speaks)


def run(model: CompactModel, views: list[Clip], frames: int, seed: int) -> np.ndarray:
    """Motion (views, frames, 58) of the first frames of each view."""
    batch = SessionBatch(model, [seed + row for row in range(len(views))])
    lookahead, hop = model.lookahead, model.hop
    for row, view in enumerate(views):
        batch.prime(row, view.self_audio[:lookahead], view.other_audio[:lookahead])
    motion = []
    for frame in range(frames):
        new = slice(lookahead + frame * hop, lookahead + (frame + 1) * hop)
        made = batch.step(
            np.stack([view.self_audio[new] for view in views]), np.stack([view.other_audio[new] for view in views])
        )
        motion.append([np.concatenate([one.values, one.head_pose]) for one in made])
    return np.array(motion).transpose(1, 0, 2)
