"""The action `say` of mgonzs13's `audio_common_msgs/TTS`, where that package is installed."""

import importlib
import math
from collections.abc import Callable
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from rclpy.action import ActionServer, CancelResponse
from rclpy.action.server import ServerGoalHandle
from rclpy.node import Node
from rclpy.task import Future

from dystream_ros.audio.block import AudioBlock
from dystream_ros.nodes.audio_input.encoder import ENCODERS

_SLOWEST, _FASTEST, _LOUDEST = 0.5, 2.0, 4.0


class Speaker(Protocol):
    """The part of the node `say` that the action uses.

    Attributes:
        refused: why the last text was refused.
    """

    refused: str

    def say(self, text: str, language: str, rate: float, gain: float, queued: Callable[[int], None]) -> int: ...

    def interrupt(self, utterance: int | None = None) -> int: ...


class TtsAction:
    """Serves the action: a goal succeeds when its text has been heard to its end.

    It is aborted when the text is refused, with the reason in the result's text, when it is interrupted, or when a
    sentence of it could not be synthesized; a cancelled goal is interrupted. Feedback is the sound of each sentence at
    once, since clients keep few messages. Older versions of the package have fewer fields.

    Args:
        node: node of the server.
        speaker: says the texts; normally the same object.
    """

    def __init__(self, node: Node, speaker: Speaker) -> None:
        self._speaker = speaker
        self._goals: dict[int, tuple[ServerGoalHandle, Future]] = {}
        try:
            self._type: Any = importlib.import_module("audio_common_msgs.action").TTS
        except (ImportError, AttributeError):
            # The package of ros-drivers has the same name and no action.
            return
        self._encoder = ENCODERS["audio_stamped"]()
        self._server = ActionServer(
            node,
            self._type,
            "say",
            execute_callback=self._execute,
            cancel_callback=lambda _: CancelResponse.ACCEPT,
        )
        node.create_timer(0.05, self._watch_cancelled)

    def feedback(self, utterance: int, samples: NDArray[np.int16], sample_rate: int) -> None:
        """Send the sound of a sentence to the goal of its text, if it has one; any thread."""
        goal = self._goals.get(utterance)
        if goal is None or not samples.size or "audio" not in self._type.Feedback.get_fields_and_field_types():
            return
        block = AudioBlock(0, 0, sample_rate, 1, None, samples)
        goal[0].publish_feedback(self._type.Feedback(audio=self._encoder.encode(block, "")))

    def over(self, utterance: int, *, heard: bool) -> None:
        """A text is over: whether all of it was heard; any thread."""
        if goal := self._goals.pop(utterance, None):
            goal[1].set_result(heard)

    async def _execute(self, goal: ServerGoalHandle) -> Any:
        request = goal.request
        fields = request.get_fields_and_field_types()
        rate = _within(request.rate, _SLOWEST, _FASTEST) if "rate" in fields else 1.0
        gain = _within(request.volume, 0.0, _LOUDEST) if "volume" in fields else 1.0
        over = Future()
        number = self._speaker.say(
            request.text,
            request.language,
            rate,
            gain,
            lambda number: self._goals.update({number: (goal, over)}),
        )
        if not number:
            goal.abort()
            return self._result(self._speaker.refused)
        heard = await over
        if heard:
            goal.succeed()
        elif goal.is_cancel_requested:
            goal.canceled()
        else:
            goal.abort()
        return self._result(request.text)

    def _watch_cancelled(self) -> None:
        for number, (goal, _) in list(self._goals.items()):
            if goal.is_cancel_requested:
                self._speaker.interrupt(number)

    def _result(self, text: str) -> Any:
        result = self._type.Result()
        if "text" in result.get_fields_and_field_types():
            result.text = text
        return result


def _within(value: float, low: float, high: float) -> float:
    return min(max(value, low), high) if math.isfinite(value) else 1.0
