"""A model whose motion depends on what was fed back to it, for tests of requests."""

import numpy as np

from dystream_ros.face import numbers as n
from dystream_ros.face.motion import MotionFrame

FRAME = 0.04


class Model:
    """A model that continues its slow numbers from what was fed back, and pulls them to neutral as `compact` does."""

    def __init__(self, directed, pull=0.05, wander=0.0, lips=None):
        self.directed, self.pull, self.wander, self.lips = directed, pull, wander, lips
        self.random = np.random.default_rng(1)
        self.fed = np.zeros(n.SIZE)
        self.frame = 0

    def run(self, seconds, speaking=0):
        shown = []
        for _ in range(round(seconds / FRAME)):
            own = self.fed * (1 - self.pull) + self.wander * self.random.normal(size=n.SIZE) * ~n.EYES
            own[n.LIPS | n.LIDS | n.EYES] = 0.0
            if self.lips is not None:
                own += self.lips(self.frame)
            self.own = np.clip(own, n.LEAST, n.MOST)
            motion = MotionFrame(
                self.frame, self.own[:52].astype(np.float32), self.own[52:].astype(np.float32), speaking
            )
            frame = self.directed.apply(motion, (self.frame + 0.5) * FRAME)
            back = self.directed.fed_back(frame)
            self.untouched = back is motion
            self.fed = n.numbers_of(back)
            self.frame += 1
            shown.append(n.numbers_of(frame))
        return np.stack(shown)
