"""The media clock of paced time: steady, with slow corrections towards the stamps of the audio."""

from dystream_ros.audio.resample import MEDIA_RATE

SLEW_LIMIT = 500e-6
# The least delayed block of each window measures the error of the clock, which is corrected within
# CORRECTED_IN_SECONDS.
WINDOW_NS = 2_000_000_000
CORRECTED_IN_SECONDS = 10.0
# The clock is stepped when two windows in a row measure a larger error: slewing would take minutes.
STEP_SAMPLES = 0.25 * MEDIA_RATE


class PacedClock:
    """Maps steady instants to media samples and back.

    Args:
        start_ns: steady instant of `position`.
        position: media sample at `start_ns`.
        tolerance: media samples by which audio may be late without slowing the clock.
        grid: period and offset in media samples; the clock is to pass offset + k * period at multiples of the period's
            duration on the steady clock, as far as that keeps the audio within the tolerance. None: anywhere.

    Attributes:
        rate: media seconds per steady second, 1 within 500 ppm.
        steps: number of steps.
        stepped: media samples by which the steps have moved it that have not been undone.
    """

    def __init__(self, start_ns: int, position: float, tolerance: float, grid: tuple[int, int] | None = None) -> None:
        self.rate = 1.0
        self.steps = 0
        self.stepped = 0.0
        self._at_ns, self._position = start_ns, float(position)
        self._tolerance, self._grid = tolerance, grid
        self._window_ns = start_ns
        self._best: float | None = None
        self._far = False

    def position(self, now_ns: int) -> float:
        """Media sample at a steady instant."""
        return self._position + (now_ns - self._at_ns) * 1e-9 * MEDIA_RATE * self.rate

    def instant(self, position: float) -> int:
        """Steady instant of a media sample, at the current rate."""
        return self._at_ns + round((position - self._position) / (MEDIA_RATE * self.rate) * 1e9)

    def observe(self, position: float, arrival_ns: int) -> None:
        """Record that audio up to a media position, by its stamp, arrived at a steady instant."""
        ahead = position - self.position(arrival_ns)
        self._best = ahead if self._best is None else max(self._best, ahead)
        if arrival_ns - self._window_ns >= WINDOW_NS:
            self._correct(self._best, arrival_ns)
            self._window_ns, self._best = arrival_ns, None

    def settle(self, now_ns: int) -> None:
        """Return to the rate 1 once nothing has been observed for two windows."""
        if self.rate != 1 and now_ns - self._window_ns > 2 * WINDOW_NS:
            self._set_rate(0.0, now_ns)

    def _correct(self, ahead: float, now_ns: int) -> None:
        # Audio ahead of the clock means that the clock is slow; audio later than the tolerance, that it is fast.
        error = ahead if ahead > 0 else min(0.0, ahead + self._tolerance)
        far = error > STEP_SAMPLES
        if far and self._far:
            self._position += error
            self.steps += 1
            self.stepped += error
            error, far = 0.0, False
        self._far = far
        self._set_rate(error or self._to_grid(ahead, now_ns), now_ns)

    def _to_grid(self, ahead: float, now_ns: int) -> float:
        """Media samples by which the clock is behind the grid; 0 where audio would then be too early or too late."""
        if self._grid is None:
            return 0.0
        period, offset = self._grid
        period_ns = period * 1_000_000_000 // MEDIA_RATE
        behind = ((now_ns % period_ns) * period / period_ns - (self.position(now_ns) - offset)) % period
        if behind <= self._tolerance + ahead:
            return behind
        return behind - period if period - behind <= -ahead else 0.0

    def _set_rate(self, error: float, now_ns: int) -> None:
        self._position, self._at_ns = self.position(now_ns), now_ns
        target = error / (CORRECTED_IN_SECONDS * MEDIA_RATE)
        self.rate = 1 + min(max(target, -SLEW_LIMIT), SLEW_LIMIT)
