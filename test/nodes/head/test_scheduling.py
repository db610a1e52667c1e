"""Priority of a head's threads by the parameter `priority`; where the system refuses, the next lower level."""

import pytest

from dystream_ros.nodes.common import priority
from dystream_ros.nodes.head.scheduling import REALTIME_PRIORITY, Niceness, Scheduling


class System:
    """Four threads: the executor, inference, and two that draw; records what they are given.

    Args:
        lowest: niceness that the system allows.
        realtime: whether it allows the real-time class.
    """

    def __init__(self, monkeypatch, lowest=-20, realtime=True):
        self.nice = {1: 0, 2: 0, 3: 0, 4: 0}
        self.realtime = dict.fromkeys(self.nice, 0)
        self.session = 0
        self.current = 1
        self._lowest, self._may_realtime = lowest, realtime
        for name in ("threads", "niceness", "set_niceness", "set_realtime", "set_session_niceness"):
            monkeypatch.setattr(priority, name, getattr(self, f"_{name}"))

    def _threads(self):
        return list(self.nice)

    def _niceness(self, thread=0):
        return self.nice[thread or self.current]

    def _set_niceness(self, value, of=(0,)):
        for thread in of:
            if value < self.nice[thread or self.current] and value < self._lowest:
                raise priority.PriorityRefused("no nice")
            self.nice[thread or self.current] = value

    def _set_realtime(self, value, of=(0,)):
        if value and not self._may_realtime:
            raise priority.PriorityRefused("no realtime")
        self.realtime.update(dict.fromkeys(of, value))

    def _set_session_niceness(self, value):
        if value < self.session and value < self._lowest:
            raise priority.PriorityRefused("no session")
        self.session = value


def configured(system, level, base=0):
    refusals = []
    set_up(system, Scheduling(level, Niceness(base, base), refusals.append))
    return refusals


def set_up(system, scheduling):
    system.current = 3
    scheduling.begin_pictures()
    system.nice[4] = system.nice[3]  # a thread of the OpenGL library, which the drawing thread starts
    system.current = 1
    scheduling.raise_rest(3)


def test_high_raises_motion_above_pictures_and_both_above_the_rest(monkeypatch):
    system = System(monkeypatch)
    assert configured(system, "high") == []
    assert system.nice == {1: -10, 2: -10, 3: -5, 4: -5}
    assert system.session == -10
    assert not any(system.realtime.values())


def test_realtime_concerns_motion_and_not_pictures(monkeypatch):
    system = System(monkeypatch)
    assert configured(system, "realtime") == []
    assert system.realtime == {1: REALTIME_PRIORITY, 2: REALTIME_PRIORITY, 3: 0, 4: 0}
    assert system.nice[3] == -5


def test_normal_raises_nothing_and_takes_back_what_was_raised(monkeypatch):
    system = System(monkeypatch)
    configured(system, "high")
    assert configured(system, "normal") == []
    assert system.nice == {1: 0, 2: 0, 3: 1, 4: 1}
    assert system.session == 0


@pytest.mark.parametrize("level", priority.LEVELS)
def test_a_cleanup_takes_back_what_was_raised(monkeypatch, level):
    system = System(monkeypatch)
    scheduling = Scheduling(level, Niceness(0, 0), pytest.fail)
    set_up(system, scheduling)
    scheduling.restore()
    assert max(system.nice[1], system.nice[2]) == 0
    assert min(system.nice.values()) == 0
    assert not any(system.realtime.values())
    assert system.session == 0


def test_levels_are_relative_to_the_niceness_of_the_process(monkeypatch):
    system = System(monkeypatch)
    system.nice = dict.fromkeys(system.nice, 5)
    configured(system, "high", base=5)
    assert system.nice == {1: -5, 2: -5, 3: 0, 4: 0}


@pytest.mark.parametrize("level", ["high", "realtime"])
def test_a_user_without_rights_gets_normal_priority_and_a_word(monkeypatch, level):
    system = System(monkeypatch, lowest=0, realtime=False)
    [refusal] = configured(system, level)
    assert f"priority is '{level}', and the head runs at 'normal'" in refusal
    assert "no nice" in refusal
    assert system.nice == {1: 0, 2: 0, 3: 1, 4: 1}


@pytest.mark.parametrize("lowest", [-1, -5, -9])
def test_pictures_never_come_before_motion_where_only_their_priority_is_allowed(monkeypatch, lowest):
    system = System(monkeypatch, lowest=lowest, realtime=False)
    [refusal] = configured(system, "high")
    assert "the head runs at 'normal'" in refusal
    assert system.nice == {1: 0, 2: 0, 3: 1, 4: 1}


def test_a_user_who_may_use_nice_only_gets_high_instead_of_realtime(monkeypatch):
    system = System(monkeypatch, realtime=False)
    [refusal] = configured(system, "realtime")
    assert "the head runs at 'high'" in refusal
    assert system.nice[2] == -10
