"""Steps of several sessions as one batch, where they come at the same time.

Each session belongs to a thread of its own, which steps it frame by frame. The first of the threads that come in a
frame waits a few milliseconds for those that are expected, by when they came for the last frame, and steps the batch
for all of them. A session that is late, makes up for lost frames or begins anew steps alone, and nobody waits for it.

The states of all sessions lie one after the other in the same arrays (`running.Memory`), so the batch and the step of
one session work on them where they are. A batch reads one copy of the states and writes the other, in the rows of all
sessions: it excludes steps of single sessions meanwhile, and a session that does not take part keeps its state in the
copy that is read.
"""

import logging
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import onnxruntime

from dystream_ros.audio.resample import MEDIA_RATE
from dystream_ros.models.compact.config import HOP
from dystream_ros.models.compact.graph.running import Graphs, Memory, Stepper

_LOG = logging.getLogger(__name__)
_PERIOD = HOP / MEDIA_RATE  # s, of a frame
_REGULAR = 0.5 * _PERIOD, 1.5 * _PERIOD  # between two steps of a session that is in time
_NEAR = 0.5 * _PERIOD


class Together:
    """The sessions of one model that may be stepped as one batch; all methods may be called from any thread.

    Args:
        graphs: of the model.
        size: of the batch; further sessions step alone.
        step: of the batch.
        window: longest time that a session waits for others, s; half of it for one that is later than the frame before.

    Attributes:
        clock: returns the steady time of a step, s.
        steps: steps so far, by the number of sessions that took part.
    """

    def __init__(self, graphs: Graphs, size: int, step: onnxruntime.InferenceSession, window: float) -> None:
        self.clock: Callable[[], float] = time.monotonic
        self.steps: dict[int, int] = {}
        self._graphs = graphs
        self._window = window
        self._size, self._step = size, step
        # A batch of half of its rows costs as much as these steps alone.
        self._least = self._size // 2 + 1
        self._memory = Memory.of(graphs, self._size)
        self._bindings = self._memory.bindings(self._step, graphs.state)
        self._changed = threading.Condition()
        self._seats: dict[int, Seat] = {}
        self._here: list[Seat] = []
        self._gathering = self._running = False
        self._singles = 0

    def stepper(self, owner: object) -> Stepper:
        """A stepper for a fresh session; one that is never part of a batch while there is no room.

        Args:
            owner: of the stepper; its place is free again when the owner is gone.
        """
        with self._changed:
            row = next((row for row in range(self._size) if row not in self._seats), None)
            if row is None:
                return Stepper(self._graphs)
            seat = self._seats[row] = Seat(self, self._graphs, self._memory.row(row, self._size))
        with self.single():
            seat.reset()
        weakref.finalize(owner, self._leave, row)
        return seat

    def step(self, seat: "Seat") -> None:
        """Step a session, with others or alone; blocks for the window at most, and for the step."""
        with self._changed:
            regular = seat.arrive(self.clock())
            leads = regular and not self._gathering
            if regular:
                seat.done = None
                self._here.append(seat)
                if leads:
                    self._gather(seat)
                else:
                    self._changed.notify_all()
                    self._changed.wait_for(lambda: seat.done is not None)
            else:
                seat.done = False
        if not seat.done:
            with self.single():
                seat.step_alone()
            with self._changed:
                self._count(1)

    @contextmanager
    def single(self) -> Iterator[None]:
        """Exclude batches; for the work on one session, in the thread of this session."""
        with self._changed:
            self._changed.wait_for(lambda: not self._running)
            self._singles += 1
        try:
            yield
        finally:
            with self._changed:
                self._singles -= 1
                self._changed.notify_all()

    def _leave(self, row: int) -> None:
        with self._changed:
            self._seats.pop(row, None)
            self._changed.notify_all()

    def _gather(self, leader: "Seat") -> None:
        """Wait for the sessions that are expected, and step the batch; the lock is held, and not during the step."""
        now = leader.came
        near = min(self._window, _NEAR)
        expected = [seat for seat in list(self._seats.values()) if abs(seat.expected - now) <= near]
        last = max((seat.expected for seat in expected), default=now)
        self._gathering = True
        self._changed.wait_for(
            lambda: all(seat in self._here or seat not in self._seats.values() for seat in expected),
            min(last - now + 0.5 * self._window, self._window) if expected else 0.0,
        )
        self._gathering = False
        group, self._here = self._here, []
        done = False
        try:
            # Fewer than the least are done sooner alone; the others of the batch would only be in their way.
            done = len(group) >= self._least and self._changed.wait_for(self._free, self._window) and self._run(group)
        finally:
            for seat in group:
                seat.done = done
            self._changed.notify_all()

    def _free(self) -> bool:
        return not self._running and self._singles == 0

    def _run(self, group: "list[Seat]") -> bool:
        """Step the sessions of the group as one batch; False if it failed, which leaves their states as they were."""
        copy = group[0].now
        for seat in list(self._seats.values()):
            # In the other copy a state would be overwritten, that of a session which does not take part as well.
            seat.move_to(copy)
        self._running = True
        self._changed.release()
        try:
            self._step.run_with_iobinding(self._bindings[copy])
        except Exception:
            _LOG.exception("a batch of %d heads failed; each steps alone", len(group))
            return False
        finally:
            self._changed.acquire()
            self._running = False
        for seat in group:
            seat.now = 1 - copy
        self._count(len(group))
        return True

    def _count(self, heads: int) -> None:
        self.steps[heads] = self.steps.get(heads, 0) + 1


class Seat(Stepper):
    """The stepper of a session that may be part of a batch.

    Attributes:
        came: steady time of its last step, s.
        expected: steady time at which it is expected next, s; -inf while it is not in time.
        done: whether its present step was part of a batch; None while that is not decided.
    """

    def __init__(self, together: Together, graphs: Graphs, memory: Memory) -> None:
        super().__init__(graphs, memory)
        self._together = together
        self.came = self.expected = float("-inf")
        self.done: bool | None = False

    def arrive(self, now: float) -> bool:
        """Note a step at a steady time; returns whether it comes a frame after the last one."""
        since, self.came = now - self.came, now
        regular = _REGULAR[0] <= since <= _REGULAR[1]
        self.expected = now + _PERIOD if regular else float("-inf")
        return regular

    @contextmanager
    def held(self) -> Iterator[None]:
        """Entered to read or write the state: no batch runs meanwhile, which might move it."""
        with self._together.single():
            yield

    def step(self) -> None:
        """Advance the state by one frame, in a batch where others come at the same time."""
        self._together.step(self)

    def step_alone(self) -> None:
        """Advance the state by one frame, without a batch."""
        super().step()
