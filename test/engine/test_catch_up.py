"""Late frames are kept after a single stall, and dropped when the backlog does not shrink."""

from dystream_ros.engine.catch_up import CatchUp

MS = 1_000_000


def test_a_backlog_that_shrinks_is_kept():
    catch_up = CatchUp(25, 40 * MS)
    assert [catch_up.stale(backlog, at * 20 * MS) for at, backlog in enumerate(range(20, 0, -1))] == [0] * 20
    assert not catch_up.overloaded


def test_a_backlog_beyond_the_limit_is_dropped_at_once():
    assert CatchUp(5, 40 * MS).stale(20, 0) == 16
    assert CatchUp(1, 40 * MS).stale(20, 0) == 20


def test_a_backlog_that_stays_is_dropped_whole_and_then_each_late_frame():
    catch_up = CatchUp(25, 40 * MS)
    dropped = [catch_up.stale(10, at * 40 * MS) for at in range(50)]
    first = dropped.index(10)
    assert 0 < first < 15
    assert not any(dropped[:first])
    assert catch_up.overloaded
    assert catch_up.stale(1, 51 * 40 * MS) == 1


def test_a_second_without_a_late_frame_ends_the_overload():
    catch_up = CatchUp(25, 40 * MS)
    for at in range(50):
        catch_up.stale(10, at * 40 * MS)
    assert catch_up.stale(0, 2_500 * MS) == 0
    assert catch_up.overloaded
    assert catch_up.stale(5, 3_100 * MS) == 0
    assert not catch_up.overloaded
