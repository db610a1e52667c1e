"""Each check of a soak, on series without a defect and on series with exactly one."""

import numpy as np
import pytest

from benchmarks.soak import judging
from benchmarks.soak.ledger import SETTLED, Ledger
from benchmarks.soak.plan import NODES, QUIET, plan

RATE = 16_000


def motions(seconds=20.0, latency=0.11):
    """25 frames per second with this latency, float64 (n, 6)."""
    at = np.arange(0, seconds, 0.04)
    return np.stack([at, np.full_like(at, latency), np.arange(len(at)), *np.zeros((3, len(at)))], axis=1)


def without(table, begin, end):
    return table[(table[:, 0] < begin) | (table[:, 0] >= end)]


# Recovery


def test_a_face_that_was_never_disturbed_is_right_at_once():
    assert judging.face_right_after(motions(), 5.0, 10.0) < 0.05


@pytest.mark.parametrize("absence", [1.0, 3.0])
def test_the_time_until_frames_return_is_measured(absence):
    after = judging.face_right_after(without(motions(), 5.0, 5.0 + absence), 5.0, 12.0)
    assert after == pytest.approx(absence, abs=0.05)
    assert judging.Recovery("", "motion", 5.0, after, judging.RIGHT_AGAIN, False).late == (absence > 2.0)


def test_frames_that_come_and_stop_again_are_not_right():
    table = without(without(motions(), 5.0, 6.0), 6.5, 8.0)
    assert judging.face_right_after(table, 5.0, 12.0) == pytest.approx(3.0, abs=0.05)


def test_late_frames_are_not_right():
    table = motions()
    table[(table[:, 0] >= 5) & (table[:, 0] < 9), 1] = 1.1
    assert judging.face_right_after(table, 5.0, 12.0) == pytest.approx(4.0, abs=0.05)


def test_stamps_in_the_future_are_not_right_and_found():
    table = motions()
    table[(table[:, 0] >= 5) & (table[:, 0] < 9), 1] = -0.6
    assert judging.face_right_after(table, 5.0, 12.0) == pytest.approx(4.0, abs=0.05)
    [finding] = judging.wrong_stamps(table)
    assert "for 4.0 s from 5 s on the latency was -600 ms" in finding
    assert judging.wrong_stamps(table, [(4.0, 10.0)]) == []
    assert judging.wrong_stamps(motions()) == []


def test_a_face_that_does_not_return_is_never_right():
    assert judging.face_right_after(without(motions(), 5.0, 99.0), 5.0, 12.0) == np.inf
    assert judging.events_right_after(np.array([1.0, 2.0]), 5.0, 12.0) == np.inf


def test_the_machine_is_overloaded_only_while_others_use_it():
    at, others, steal = [0.0, 10.0, 20.0], [0.1, 0.9, 0.1], [0.0, 0.0, 0.5]
    assert not judging.overloaded(at, others, steal, 0.0, 2.0)
    assert judging.overloaded(at, others, steal, 9.0, 11.0)
    assert judging.overloaded(at, others, steal, 19.0, 21.0)


# Growth


def life(seconds=1200.0, base=150.0, per_minute=0.0, noise=3.0):
    at = np.arange(0, seconds, 2.0)
    random = np.random.default_rng(0)
    warm = 30 * (1 - np.exp(-at / 60))
    return at, base + warm + per_minute * at / 60 + noise * random.random(len(at))


def test_memory_that_settles_does_not_grow():
    assert judging.growth("head", "memory", *life()) == ""


def test_a_leak_is_found_and_named():
    finding = judging.growth("head", "memory", *life(per_minute=8.0))
    assert "head: memory grew by" in finding
    assert "within the last half of 20 minutes" in finding


def test_a_leak_of_a_single_fault_is_found_only_when_it_repeats():
    at, memory = life()
    memory[at > 600] += 20.0  # one face more in a cache
    assert judging.growth("head", "memory", at, memory) == ""
    for begin in (700, 800, 900, 1000, 1100):
        memory[at > begin] += 20.0
    assert judging.growth("head", "memory", at, memory)


@pytest.mark.parametrize(("what", "each"), [("threads", 1), ("files", 2)])
def test_threads_and_files_that_pile_up_are_found(what, each):
    at = np.arange(0, 1200, 2.0)
    assert judging.growth("display", what, at, 20 + (at.astype(int) % 7 == 0)) == ""
    assert f"display: {what} grew" in judging.growth("display", what, at, 20 + each * (at // 60))


def test_a_short_life_is_not_judged():
    assert judging.growth("head", "memory", *life(seconds=300.0, per_minute=50.0)) == ""


# Grimaces


def face(seconds=20.0):
    table = motions(seconds)
    values = np.random.default_rng(0).random((len(table), 52)).astype(np.float32) * 0.3
    return table, values


def test_a_face_that_moves_is_no_grimace():
    assert judging.frozen(*face()) == []


def test_a_face_that_stands_still_away_from_neutral_is_found():
    table, values = face()
    values[100:200] = values[100]
    values[100:200, 17] = 0.9  # jawOpen
    [finding] = judging.frozen(table, values)
    assert "stood still for 3.9 s, jawOpen 0.90" in finding
    assert judging.frozen(table, values, excused=[(3.0, 9.0)]) == []


def test_a_face_that_rests_at_neutral_is_no_grimace():
    table, values = face()
    values[100:200] = 0.0
    assert judging.frozen(table, values) == []


def test_a_mouth_that_stays_open_in_silence_is_found():
    table, jaw = motions(), np.zeros(500, np.float32)
    jaw[100:200] = 0.6
    speaking = np.zeros(500, bool)
    assert "the mouth stayed open for 4.0 s" in judging.open_mouth(table, jaw, speaking)[0]
    speaking[90:210] = True
    assert judging.open_mouth(table, jaw, speaking) == []


def test_joints_that_stay_where_they_are_without_a_face_are_found():
    at, neutral = np.arange(0, 10, 0.02), np.zeros(3)
    positions = np.tile([0.1, 0.3, 0.0], (len(at), 1))
    table = without(motions(40.0), 10.0, 25.0)
    [absence] = absent = judging.absences(table[:, 0], 1.0)
    assert absence == pytest.approx((9.96, 25.0))
    [finding] = judging.joints_left(absent, at, positions, neutral, [(0.0, 40.0)])
    assert "a joint is 0.30 rad from neutral" in finding
    positions[-1] = 0.0
    assert judging.joints_left(absent, at, positions, neutral, [(0.0, 40.0)]) == []
    # A node of the joints that was itself killed cannot move them.
    assert judging.joints_left(absent, at, positions + 1, neutral, [(0.0, 12.0)]) == []


# Speech


def spoken(ledger, stream_id=5, seconds=2.0, drop=(), shift=0, repeat=False):
    data = np.arange(round(seconds * RATE), dtype=np.int16)
    for first in range(0, len(data), 1600):
        ledger.send(stream_id, first, data[first : first + 1600], 10.0 + first / RATE / 5)
    for first in range(0, len(data), 640):
        if first // 640 in drop:
            continue
        for _ in range(1 + repeat):
            ledger.hear(stream_id, first, data[first : first + 640] + shift, 10.1 + first / RATE)
    return data


def settled(ledger):
    ledger.settle(10.0 + SETTLED / 2)
    assert ledger.accounts == []  # still open
    ledger.settle(20.0 + SETTLED)
    return ledger.accounts


def test_speech_that_is_heard_whole_is_not_lost():
    ledger = Ledger()
    spoken(ledger)
    [account] = settled(ledger)
    assert (account.sent, account.missing, account.repeated, account.different) == (2 * RATE, 0, 0, 0)
    assert judging.lost_speech([account], [], []) == []


@pytest.mark.parametrize(
    ("defect", "sentence"),
    [
        ({"drop": (7,)}, "640 of 32000 samples were not heard, and no interruption was reported"),
        ({"repeat": True}, "32000 samples were heard twice"),
        ({"shift": 1}, "32000 samples were heard with another value"),
    ],
)
def test_speech_that_is_lost_repeated_or_changed_is_found(defect, sentence):
    ledger = Ledger()
    spoken(ledger, **defect)
    [finding] = judging.lost_speech(settled(ledger), [], [])
    assert sentence in finding


def test_an_interruption_explains_only_when_it_was_reported_for_this_stream():
    for reported, findings in ((5, 0), (6, 1)):
        ledger = Ledger()
        spoken(ledger, drop=range(20, 50))
        ledger.interrupt(reported, 11.0)
        assert len(judging.lost_speech(settled(ledger), [], [])) == findings


def test_speech_to_a_dead_head_is_not_counted():
    ledger = Ledger()
    spoken(ledger, drop=range(50))
    accounts = settled(ledger)
    assert judging.lost_speech(accounts, [(9.0, 15.0)], []) == []
    assert judging.lost_speech(accounts, [(100.0, 150.0)], [])


def statuses(*rows):
    """Statuses of (accepted, heard, queued, cut), each three times as of a quiet head."""
    return [
        {"at": 10.0 * place + k, "accepted": a, "heard": h, "queued": q, "counters": {"self.interrupted_samples": c}}
        for place, (a, h, q, c) in enumerate(rows)
        for k in range(3)
    ]


def test_the_counters_of_the_head_balance():
    assert judging.unbalanced(statuses((0, 0, 0, 0), (5000, 1000, 0.2, 0), (5000, 4000, 0, 1000)), []) == []


def test_accepted_speech_that_is_neither_heard_nor_cut_is_found():
    rows = statuses((0, 0, 0, 0), (5000, 4000, 0, 999))
    [finding] = judging.unbalanced(rows, [])
    assert "accepted 1 samples more than were heard" in finding
    assert judging.unbalanced(rows, [(4.0, 5.0)]) == []  # another head in between


# The plan


def test_equal_seeds_give_equal_faults_and_every_kind_occurs():
    faults = plan(1, 3600)
    assert list(map(str, plan(1, 3600))) == list(map(str, faults))
    assert list(map(str, plan(2, 3600))) != list(map(str, faults))
    killed = {fault.target for fault in faults if fault.kind == "kill"}
    assert killed == set(NODES)
    for before, after in zip(faults, faults[1:]):
        assert after.at >= before.end + QUIET
    # Growth needs a long life of the head.
    assert max(fault.end for fault in faults if (fault.kind, fault.target) == ("kill", "head")) < 1700
