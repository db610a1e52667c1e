"""Publishes the self audio of each frame together with the frame."""

from collections.abc import Iterator

from dystream_ros.audio.block import AudioBlock
from dystream_ros.audio.joining import Joining
from dystream_ros.engine.frame import Frame
from dystream_ros.nodes.audio_input.audio_info import info_topic
from dystream_ros.nodes.audio_input.encoder import ENCODERS
from dystream_ros.nodes.common import qos
from dystream_ros.nodes.head.lifecycle import LifecycleBase
from dystream_ros.nodes.parameters import HeadSettings

_TOPIC = "self/audio_aligned"


class AlignedAudioSink:
    """The topic `self/audio_aligned`: the self audio, published together with the frame that shows it.

    Where its message type does not describe the audio, `self/audio_aligned_info` does.

    Raises:
        TypeUnavailable: the message package of `aligned_type` is not installed.
    """

    name = "aligned audio"
    optional = False
    wanted = True
    failure_counter = "publishing_failures"

    def __init__(self, node: LifecycleBase, settings: HeadSettings) -> None:
        self._node = node
        self._frame_id = settings.frame_id
        self._encoder = encoder = ENCODERS[settings.aligned_type]()
        self._aligned = node.create_lifecycle_publisher(encoder.message, _TOPIC, qos.audio_publisher())
        self._info = None
        if encoder.info is not None:
            self._info = node.create_lifecycle_publisher(encoder.info, info_topic(_TOPIC), qos.latched())
        self._described = (0, 0)

    def show(self, frame: Frame) -> None:
        """Publish the self audio of a frame; blocks that continue each other go as one message."""
        for block in _joined(frame.self_audio):
            described = (block.sample_rate, block.channels)
            if self._info is not None and described != self._described:
                self._described = described
                self._info.publish(self._encoder.describe(block))
            message = self._encoder.encode(block, self._frame_id)
            if message is not None:
                self._aligned.publish(message)

    def close(self) -> None:
        """Destroy the publishers."""
        for publisher in (self._aligned, self._info):
            if publisher is not None:
                self._node.destroy_lifecycle_publisher(publisher)


def _joined(blocks: tuple[AudioBlock, ...]) -> Iterator[AudioBlock]:
    """The blocks, joined where one continues another: a message costs its publisher and each subscriber 0.2 ms."""
    joining = Joining()
    for block in blocks:
        if not joining.fits(block) and (whole := joining.take()) is not None:
            yield whole
        joining.add(block)
    if (whole := joining.take()) is not None:
        yield whole
