"""The stage that shows what other programs ask for: gaze, expressions, gestures, rest, and behaviour by dials.

Two kinds of change, and what the model continues from:

- Expressions and gestures are part of the face. They are fed back, and the model goes on from them (`steering`).
- A gaze target and the dials change how the model's motion is shown: the model has its partner straight ahead and its
  own size of motion. These changes are not fed back; the model would take them for errors of its own and correct them
  (docs/decisions.md). So the same seed with another dial gives the same motion, apart from what the dial changes.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from dystream_ros.face import numbers as n
from dystream_ros.face.contact import add_to_lips
from dystream_ros.face.dials import Dials, EventRates
from dystream_ros.face.expressions import EXPRESSIONS
from dystream_ros.face.eye_contact import EyeContact, near_contact
from dystream_ros.face.eyes import eye_angles, follow_with_lids, set_eye_angles
from dystream_ros.face.gaze import EYES_DOWN, EYES_UP, EYES_YAW, Gaze, GazeOffset, direction_of
from dystream_ros.face.gestures import gesture_length, gesture_named
from dystream_ros.face.motion import ARKIT_LAYOUT, SPEAKING_SELF, MotionFrame, MotionLayout
from dystream_ros.face.numbers import Numbers
from dystream_ros.face.stages.expression import (
    LONGEST,
    ShownExpression,
    check_intensity,
    wanted_expression,
)
from dystream_ros.face.stages.gesture import QUEUE_LIMIT, Gestures, Play
from dystream_ros.face.stages.rest import ASLEEP, Calm, Rest
from dystream_ros.face.stages.slow_pitch import SlowPitch
from dystream_ros.face.stages.stage import MotionStage
from dystream_ros.face.stages.steering import Steering

_FRAME = 0.04  # s
_LONGEST_FRAME = 0.2  # s; longer gaps between frames are pauses, in which a target stays where it was
_REFLEX = 0.9  # share of a head movement that the eyes compensate
_ON_TARGET = 0.75  # of the generated head motion while a target is looked at
_ATTACK, _RELEASE = 1.0, 0.12  # per frame, of the weight of speech: the first sound of a word may be a P
_FEW = 4.0  # a rate of nods or brow raises below 1/4 makes them smaller as well
_DIAL_STEP = 0.25  # per frame: a dial takes effect without a jump
_NEGLIGIBLE = 1e-4
_NO_TURN = 1e-9  # rad
_FIRMER = 0.6  # share of the model's small deviations that a target takes away
_BREATH = 0.3  # share of the head's motion that is left asleep
_SMILE = np.flatnonzero(n.SMILE)
_PUCKER, _YIELDS = n.INDEX["mouthPucker"], 0.4  # a smile yields to rounded lips
_WIDE, _BLINK = (np.array([n.INDEX[f"eye{each}{side}"] for side in ("Left", "Right")]) for each in ("Wide", "Blink"))
_HEAD_ANGLES = np.array([n.YAW, n.PITCH])


class Unsupported(ValueError):
    """The motion of the model has no names, so that nothing can be asked of it."""


class DirectedFace(MotionStage):
    """Shows requests of other programs on a named motion; unchanged while there are none.

    `look_at`, `express`, `gesture`, `set_rest` and `set_dials` may be called in any thread; they take effect at the
    next frame. Bounded: at most 64 requests wait.

    Args:
        layout: of the model.
        set_rates: called in the thread of the frames when the rates of events change.
    """

    def __init__(self, layout: MotionLayout, set_rates: Callable[[EventRates], None] = lambda rates: None) -> None:
        self._supported = layout.names == ARKIT_LAYOUT.names and layout.latent_size == 0
        self._set_rates = set_rates
        self._requests: deque[Callable[[float], object]] = deque(maxlen=64)
        self._dials, self._rates = Dials(), EventRates()
        self._factors = np.ones(5)  # smiles, head motion, articulation, brows, nods, on the way to the dials
        self._slow_pitch = SlowPitch()
        self._rest = Rest()
        self._gaze, self._contact, self._steering = Gaze(), EyeContact(), Steering()
        self._expression, self._gestures = ShownExpression(), Gestures()
        self.reset()

    def look_at(self, x: float, y: float, z: float, hold: float = 0.0) -> None:
        """Look at a point in m in the frame of the neutral face: x out of it, y to its left, z up; origin at the eyes.

        Args:
            hold: s without another call after which the gaze returns; 0 for never.

        Raises:
            ValueError: the point cannot be looked at (`gaze.direction_of`).
            Unsupported: the model's motion has no names.
        """
        self._check_supported("look_at")
        direction_of(x, y, z)
        self._requests.append(lambda now: self._look_at(x, y, z, now, hold))

    def look_ahead(self) -> None:
        """Let go of the point that is looked at."""
        self._requests.append(lambda now: self._gaze.release())

    def express(
        self, name: str = "", valence: float = 0.0, arousal: float = 0.0, intensity: float = 1.0, duration: float = 0.0
    ) -> None:
        """Show an expression in place of the present one.

        Args:
            name: of hri_msgs/Expression; "" for valence and arousal. "neutral" shows a calm face; with a duration of 0
                the face is the model's again.
            valence, arousal: -1 to 1; used without a name.
            intensity: 0 to 1; 0 ends the expression.
            duration: s; 0 for until the next one.

        Raises:
            ValueError: a value that is not accepted.
            Unsupported: the model's motion has no names.
        """
        self._check_supported("expression")
        numbers = wanted_expression(name, valence, arousal)
        check_intensity(intensity)
        if not 0.0 <= duration <= LONGEST:
            raise ValueError(
                f"the duration of an expression is {duration} s; accepted is 0 (until the next) to {LONGEST:g}"
            )
        arousal = EXPRESSIONS[name].arousal if name else arousal
        if intensity == 0.0 or (duration == 0.0 and name == "neutral"):
            self._requests.append(self._expression.release)
        else:
            self._requests.append(lambda now: self._expression.show(numbers, intensity, duration, now, arousal))

    def gesture(self, name: str, intensity: float = 1.0, duration: float = 0.0, queue: bool = True) -> None:
        """Make a gesture.

        Args:
            name: of `gestures.GESTURES` or `gestures.ALIASES`; "" ends the running gesture and drops those that wait.
            intensity: 0 to 1.
            duration: s; 0 for the gesture's own.
            queue: after those that wait; False interrupts.

        Raises:
            ValueError: a value that is not accepted, or too many gestures wait.
            Unsupported: the model's motion has no names.
        """
        self._check_supported("gesture")
        if not name:
            self._requests.append(self._gestures.stop)
            return
        wanted = gesture_named(name)
        check_intensity(intensity)
        length = gesture_length(wanted, duration)

        coming = sum(isinstance(each, Play) and each.queue for each in self._requests.copy())
        if queue and coming + self._gestures.waiting >= QUEUE_LIMIT:
            raise ValueError(f"{QUEUE_LIMIT} gestures wait already; ask for '{name}' later, or to interrupt them")
        self._requests.append(Play(self._gestures, wanted, intensity, length, queue))

    def set_rest(self, name: str, on: bool) -> None:
        """Switch "mute", "idle" or "sleep" on or off.

        Raises:
            KeyError: another name.
            Unsupported: the model's motion has no names.
        """
        self._check_supported(name)
        self._rest.set(name, on)

    def set_dials(self, dials: Dials) -> None:
        """Behave by these dials from the next frame on; without effect on a motion without names."""
        self._dials = dials

    def forget(self) -> None:
        """Drop the requests that have not taken effect yet: those from before a pause of the face."""
        self._requests.clear()

    @property
    def supported(self) -> bool:
        """Whether the motion of the model has the 52 names."""
        return self._supported

    def reset(self) -> None:
        """End what was asked for, for a new conversation; dials and rest stay.

        Requests that wait for the next frame stay too: they came after the call for the reset.
        """
        for part in (self._gaze, self._contact, self._steering, self._expression, self._gestures, self._rest):
            part.reset()
        self._slow_pitch.reset()
        self._last: float | None = None
        self._fed = n.zeros()  # numbers that the model continues from
        self._speech = 0.0
        self._given: MotionFrame | None = None
        self._shown: MotionFrame | None = None
        self._returned: MotionFrame | None = None

    def apply(self, motion: MotionFrame, now: float) -> MotionFrame:
        """The motion with all that was asked for; the argument itself when there is nothing."""
        if not self._supported:
            return motion
        while self._requests:
            self._requests.popleft()(now)
        dials, seconds = self._dials, self._seconds(now)
        if dials.rates != self._rates:
            self._rates = dials.rates
            self._set_rates(dials.rates)
        self._given = self._shown = self._returned = motion
        # What brows and head do beside the events of the model ends only with the last of these.
        brows, nods = (min(_FEW * rate, 1.0) for rate in (dials.rates.brow_raise, dials.rates.nod))
        wanted = np.array([dials.smiles, dials.head_motion, dials.articulation, brows, nods])
        self._factors += np.clip(wanted - self._factors, -_DIAL_STEP, _DIAL_STEP)
        self._speech += (bool(motion.speaking & SPEAKING_SELF) - self._speech) * (
            _ATTACK if motion.speaking & SPEAKING_SELF else _RELEASE
        )
        contact = dials.eye_contact_speaking if motion.speaking & SPEAKING_SELF else dials.eye_contact_listening
        if self._nothing_to_do(contact):
            self._fed = n.numbers_of(motion)
            self._steering.reset()
            return motion
        own = n.numbers_of(motion)
        shown, fed, changed = self._directed(own, contact, now, seconds)
        self._fed = fed
        self._shown = _frame_of(motion, shown)
        self._returned = _frame_of(motion, fed) if changed else motion
        return self._shown

    def fed_back(self, shown: MotionFrame) -> MotionFrame:
        """What the model continues from when `shown` was shown: without gaze target and dials."""
        if self._shown is None or self._returned is None or self._shown is self._given:
            return shown
        if shown is self._shown:
            return self._returned
        mine, back = self._shown, self._returned
        self._fed = np.where(n.numbers_of(shown) == n.numbers_of(mine), n.numbers_of(back), n.numbers_of(shown))
        return _frame_of(shown, self._fed)

    def _look_at(self, x: float, y: float, z: float, now: float, hold: float) -> None:
        if self._gaze.look_at(x, y, z, now, hold):
            self._contact.attend()

    def _directed(self, own: Numbers, contact: float, now: float, seconds: float) -> tuple[Numbers, Numbers, bool]:
        """Numbers to show and to feed back, and whether the latter differ from the model's."""
        calm = self._rest.step(seconds)
        felt, replaced = self._expression.step(now)
        done = self._gestures.step(now)
        added = felt + done

        # Upper face, smile and head: the model's motion by its factors, and the path of expression and gesture on top.
        # The head of an expression is a posture like that of a gaze: it is not fed back.
        steer = (abs(added) > _NEGLIGIBLE) & (n.UPPER_FACE | n.SMILE) | ((abs(done) > _NEGLIGIBLE) & n.HEAD)
        if replaced > 0.0:
            steer |= n.BROWS | n.SMILING
        # A path that returns keeps its numbers until nothing of the request is left.
        if not self._expression.idle or not self._gestures.idle:
            steer |= self._steering.steered
        path = np.where(n.HEAD, done, added)
        before = np.where(steer, self._steering.own_motion(own, self._fed, steer, path, replaced), own)
        factors = self._factors_of(calm)
        fed = np.where(steer, np.clip(before + path, n.LEAST, n.MOST), own)
        kept = before.copy()
        kept[n.PITCH] = self._without_nods(float(before[n.PITCH]), seconds)
        shown = np.where(steer, factors * kept + path, factors * kept)

        rounded = _YIELDS * min(max(own[_PUCKER], 0.0), 1.0) * self._speech
        # Only what is added yields, so that a dial of something else leaves the smile as it is.
        shown[_SMILE] -= rounded * np.maximum(shown[_SMILE] - own[_SMILE], 0.0)
        spoken = np.where(n.LIPS, shown, own)
        add_to_lips(spoken, shown, np.where(n.LIPS, added, 0.0), self._speech * calm.lips)
        shown[_BLINK] = 1.0 - (1.0 - own[_BLINK]) * (1.0 - np.clip(added[_BLINK], 0.0, 1.0))
        lids = abs(added) > _NEGLIGIBLE
        fed = np.where((n.LIPS | n.LIDS) & lids, np.clip(shown, n.LEAST, n.MOST), fed)

        self._turn(shown, own, before, added, felt, contact, calm, self._gaze.step(now, seconds), seconds)
        shown[_WIDE] *= 1.0 - np.clip(shown[_BLINK] - own[_BLINK], 0.0, 1.0)
        return np.clip(shown, n.LEAST, n.MOST), fed, bool(steer.any() or lids.any())

    def _turn(
        self,
        shown: Numbers,
        own: Numbers,
        before: Numbers,
        added: Numbers,
        felt: Numbers,
        contact: float,
        calm: Calm,
        gaze: GazeOffset,
        seconds: float,
    ) -> None:
        """Set head, eyes and lids of `shown` (58,) for gaze, posture and sleep."""
        eyes = eye_angles(own)
        awake = 1.0 - calm.asleep
        # Gaze of the model relative to its partner: eyes and the head under them.
        direction = eyes.mean(axis=0) + before[_HEAD_ANGLES]
        direction = direction + self._contact.step(direction, contact, seconds)
        direction = direction * (1.0 - _FIRMER * gaze.share * near_contact(direction))
        direction = direction * calm.expressive + awake * gaze.direction
        shown[n.HEAD] *= 1.0 - (1.0 - _ON_TARGET) * gaze.share
        shown[n.HEAD] += felt[n.HEAD]
        shown[_HEAD_ANGLES] += gaze.head
        shown[n.HEAD] = awake * shown[n.HEAD] + calm.asleep * (
            ASLEEP[n.HEAD] + _BREATH * self._factors[1] * own[n.HEAD]
        )
        wanted = eye_angles(added)
        # What the head adds to the model's own movement is compensated by the eyes, apart from a remainder.
        head = before[_HEAD_ANGLES] + gaze.head + _REFLEX * (shown[_HEAD_ANGLES] - before[_HEAD_ANGLES] - gaze.head)
        pair = direction - head + (eyes - eyes.mean(axis=0)) + wanted * awake
        pair[0, 0] -= gaze.vergence
        pair[1, 0] += gaze.vergence
        if abs(pair - eyes).max() > _NO_TURN:
            set_eye_angles(shown, np.clip(pair, (-EYES_YAW, -EYES_UP), (EYES_YAW, EYES_DOWN)))
            follow_with_lids(shown, eyes)
        closing = max(gaze.lids, calm.asleep)
        shown[_BLINK] = 1.0 - (1.0 - np.clip(shown[_BLINK], 0.0, 1.0)) * (1.0 - closing)

    def _factors_of(self, calm: Calm) -> Numbers:
        """Factor of each of the model's numbers, (58,)."""
        smiles, head, articulation, brows, _ = self._factors
        factors = np.ones(n.SIZE)
        factors[n.UPPER_FACE] = calm.expressive
        factors[n.BROWS] = brows * calm.expressive
        factors[n.SMILING] = smiles * calm.expressive
        factors[n.HEAD] = head * calm.head
        factors[n.LIPS] = articulation * calm.lips
        return factors

    def _without_nods(self, pitch: float, seconds: float) -> float:
        """The model's pitch with its nods and beats by the dial."""
        nods = float(self._factors[4])
        if nods == 1.0:
            self._slow_pitch.reset()
            return pitch
        slow = self._slow_pitch.step(pitch, seconds)
        return slow + nods * (pitch - slow)

    def _nothing_to_do(self, contact: float) -> bool:
        requested = not (self._gaze.idle and self._expression.idle and self._gestures.idle and self._rest.idle)
        return not requested and bool((self._factors == 1.0).all()) and contact == 1.0 and self._contact.idle

    def _seconds(self, now: float) -> float:
        seconds = _FRAME if self._last is None else now - self._last
        self._last = now
        return min(max(seconds, 0.0), _LONGEST_FRAME)

    def _check_supported(self, what: str) -> None:
        if not self._supported:
            raise Unsupported(f"{what} needs a motion of the 52 ARKit names; this model has latents of its own")


def _frame_of(motion: MotionFrame, numbers: Numbers) -> MotionFrame:
    """A motion with other numbers."""
    values = numbers.astype(np.float32)
    return replace(motion, values=values[: n.VALUES], head_pose=values[n.VALUES :])
