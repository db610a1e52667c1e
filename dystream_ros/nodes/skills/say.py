"""The skill `say`: text for a node that speaks, and its end from the utterances of the head."""

import time
from collections.abc import Callable
from typing import Any

from rclpy.publisher import Publisher
from std_msgs.msg import String

from dystream_ros.msg import UtteranceEvent
from dystream_ros.nodes.skills.markup import Said, parts_of
from dystream_ros.nodes.skills.set_expression import ExpressionOutput
from dystream_ros.nodes.skills.single_goal import NOT_SUPPORTED, OTHER, Ended, Refused
from dystream_ros.nodes.skills.voice_interruption import VoiceInterruption

_PAUSE = 0.8  # s after an utterance in which a next one of the same text may begin


class SaySkill:
    """Makes the runs of the action, and passes the head's utterances on to the running one.

    Args:
        texts: publisher of the topic `say`, to which a text-to-speech node subscribes.
        expressions: for the marks in a text.
        interruption: ends the voice at once.
        patience: returns the time in s in which a voice must begin.
        heads: returns the number of nodes that say what is heard.
    """

    def __init__(
        self,
        texts: Publisher,
        expressions: ExpressionOutput | None,
        interruption: VoiceInterruption,
        patience: Callable[[], float],
        heads: Callable[[], int],
    ) -> None:
        self._texts, self._expressions = texts, expressions
        self._interruption, self._patience, self._heads = interruption, patience, heads
        self._running: Saying | None = None

    def check(self, goal: Any) -> None:
        """Raises `Refused` for a text that is empty, or whose marks cannot be understood."""
        if not parts_of(goal.input):
            raise Refused("the input is empty; accepted is a text, with marks such as <set expression(happy)>")

    def begin(self, goal: Any) -> "Saying":
        """Pursue a goal that `check` accepts."""
        self._running = Saying(
            parts_of(goal.input), self._texts, self._expressions, self._interruption, self._patience(), self._heads
        )
        return self._running

    def on_utterance(self, event: UtteranceEvent) -> None:
        """An utterance of the head began, ended or was interrupted."""
        if self._running is not None:
            self._running.on_utterance(event)


class Saying:
    """One text; implements `single_goal.Run`. Its parts are said one after the other."""

    def __init__(
        self,
        parts: list[Said],
        texts: Publisher,
        expressions: ExpressionOutput | None,
        interruption: VoiceInterruption,
        patience: float,
        heads: Callable[[], int],
    ) -> None:
        self._parts = parts
        self._texts, self._expressions, self._interruption = texts, expressions, interruption
        self._patience, self._heads = patience, heads
        self._asked: float | None = None  # when the present part was sent
        self._speaking = 0  # streams that have begun and not ended
        self._heard_at: float | None = None  # when the last of them ended
        self._interrupted = False

    def step(self) -> Ended | str | None:
        """Send the next part; the end once the last one was heard."""
        now = time.monotonic()
        if self._interrupted:
            return Ended(OTHER, "the voice was interrupted")
        if self._asked is not None:
            if self._speaking and not self._heads():
                return Ended(OTHER, "the head that was speaking is gone")
            if self._speaking or (self._heard_at is None and now - self._asked < self._patience):
                return None
            if self._heard_at is None:
                self.stop()  # nobody waits any more for what may still be synthesized
                return Ended(OTHER, f"no voice was heard within {self._patience:g} s")
            if now - self._heard_at < _PAUSE:
                return None
        elif self._interruption.pending:
            return None  # that of the goal before this one would drop this text too
        return self._next(now) if self._parts else Ended()

    def stop(self) -> None:
        """End the voice."""
        self._interruption.ask()

    def on_utterance(self, event: UtteranceEvent) -> None:
        """Take an event of the voice; those from before the text was sent do not belong to it."""
        if self._asked is None:
            return
        if event.event == UtteranceEvent.BEGAN:
            self._speaking += 1
        elif self._speaking:
            self._speaking -= 1
            self._heard_at = time.monotonic()
            self._interrupted |= event.event == UtteranceEvent.INTERRUPTED

    def _next(self, now: float) -> Ended | str | None:
        part = self._parts.pop(0)
        if part.expression is not None and self._expressions is not None:
            self._expressions.publish(part.expression)
        if not part.text:
            return Ended()
        if not self._texts.get_subscription_count():
            return Ended(NOT_SUPPORTED, f"no node that speaks subscribes to {self._texts.topic_name}")
        self._texts.publish(String(data=part.text))
        self._asked, self._heard_at = now, None
        return part.text
