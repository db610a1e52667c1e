"""Publishes when utterances of the face begin, end, and are cut off."""

from dystream_ros.engine.frame import Frame
from dystream_ros.engine.utterances import Event, Utterances
from dystream_ros.msg import UtteranceEvent
from dystream_ros.nodes.common import qos
from dystream_ros.nodes.common.stamps import duration_message, time_message
from dystream_ros.nodes.head.lifecycle import LifecycleBase

_EVENTS = {
    Event.BEGAN: UtteranceEvent.BEGAN,
    Event.ENDED: UtteranceEvent.ENDED,
    Event.INTERRUPTED: UtteranceEvent.INTERRUPTED,
}


class UtteranceSink:
    """The topic `self/utterance`.

    It comes before the aligned audio in the list of sinks, so that a player drops what it holds before newer audio.
    """

    name = "utterance"
    wanted = True
    failure_counter = "publishing_failures"

    def __init__(self, node: LifecycleBase, frame_id: str) -> None:
        self._node = node
        self._frame_id = frame_id
        self._utterances = Utterances()
        self._events = node.create_lifecycle_publisher(UtteranceEvent, "self/utterance", qos.events())

    def show(self, frame: Frame) -> None:
        """Publish the events of a frame."""
        for utterance in self._utterances.of(frame):
            message = UtteranceEvent(
                event=_EVENTS[utterance.event],
                stream_id=utterance.stream_id,
                generation=frame.generation,
                frame=frame.motion.frame,
                sample=utterance.sample,
                sample_rate=utterance.sample_rate,
                position=duration_message(utterance.position_ns),
            )
            message.header.frame_id = self._frame_id
            message.header.stamp = time_message(utterance.stamp_ns)
            self._events.publish(message)

    def close(self) -> None:
        """Destroy the publisher."""
        self._node.destroy_lifecycle_publisher(self._events)
