"""The sync score of rows on sets of speech, with and without phones: LSE-C, LSE-D and offset (sync.score).

LSE-C and LSE-D are those of each recording, averaged over recordings; the offset is that of all recordings together.
"""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from dystream_lab.evaluation.measures.intervals import Summary, bootstrap
from dystream_lab.evaluation.rows.catalogue import Row
from dystream_lab.evaluation.sets.utterance import Utterance
from dystream_lab.rates import FRAME_RATE
from dystream_lab.sync.lips import lips_of
from dystream_lab.sync.measure import NoScore, measure, of_arrays
from dystream_lab.sync.score import SHIFTS, least_frames
from dystream_lab.sync.training import SyncNetwork

_MS = 1000 // FRAME_RATE
_FIRST = 4  # sums before the distances: LSE-C, LSE-D, offsets within a frame, recordings
_FACE = 52


def tally(network: SyncNetwork, utterance: Utterance, motion: np.ndarray) -> np.ndarray:
    """Additive sums (35,) of one recording and a motion (frames, 58); zeros if the recording has no score."""
    sums = np.zeros(_FIRST + len(SHIFTS))
    try:
        score = measure(network, of_arrays(utterance.samples, lips_of(motion[:, :_FACE])), utterance.name)
    except NoScore:
        return sums
    sums[:_FIRST] = score.lse_c, score.lse_d, abs(score.offset_ms) <= _MS, 1.0
    sums[_FIRST:] = score.distances
    return sums


def measures(sums: np.ndarray) -> dict[str, np.ndarray]:
    """Values (...,) of sums (..., 35)."""
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = sums / sums[..., 3:4]
    return {
        "LSE-C": mean[..., 0],
        "LSE-D": mean[..., 1],
        # Without a score all distances are NaN, of which argmin takes the first: a lag of -600 ms.
        "offset ms": np.where(sums[..., 3] > 0, (SHIFTS * float(_MS))[mean[..., _FIRST:].argmin(-1)], np.nan),
        "offset within 40 ms": mean[..., 2],
    }


def compare(
    network: SyncNetwork, rows: Sequence[Row], sets: Mapping[str, Sequence[Utterance]]
) -> Iterator[tuple[str, dict[str, Summary]]]:
    """Yields (set, summary by row) of each set.

    Raises:
        ValueError: no recording of a set is long enough for a score.
    """
    least = least_frames(network.config.window)
    for group, utterances in sets.items():
        if not any(utterance.frames >= least for utterance in utterances):
            raise ValueError(
                f"no recording of the set {group} is long enough for a score: {least / FRAME_RATE:.1f} s are needed"
            )
        found = {}
        for row in rows:
            made = [row.motions(utterances, seed) for seed in range(row.seeds)]
            tallies = [[tally(network, *pair) for pair in zip(utterances, motions)] for motions in made]
            found[row.name] = bootstrap(np.array(tallies), measures)
        yield group, found
