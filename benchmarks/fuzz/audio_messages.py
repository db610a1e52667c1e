"""Handlers of audio messages, of this package and of others, and the frames that are made of them."""

import array
from collections.abc import Callable

import numpy as np

from benchmarks.fuzz.choices import Choices
from benchmarks.fuzz.message_fields import MS, stamp
from benchmarks.fuzz.target import Broken, Target
from dystream_ros.face.motion import ARKIT_LAYOUT


class EchoSession:
    """A session whose motion is the level of its audio: handlers are fuzzed, not the network."""

    layout, hop, lookahead = ARKIT_LAYOUT, 640, 960

    def __init__(self) -> None:
        self._made = 0

    @property
    def samples_needed(self) -> int:
        """Samples of the next step."""
        return self.hop if self._made else self.hop + self.lookahead

    def step(self, self_audio, other_audio):
        """One motion."""
        from dystream_ros.face.motion import MotionFrame

        if not (np.isfinite(self_audio).all() and np.isfinite(other_audio).all()):
            raise Broken("the session was given samples that are not finite")
        self._made += 1
        return MotionFrame(self._made - 1, np.zeros(52, np.float32), np.zeros(6, np.float32))

    def reset(self, seed=None) -> None:
        """A new conversation."""
        self._made = 0

    def close_lips(self, motion, amount):
        """The motion."""
        return motion

    def emitted(self, motion) -> None:
        """Nothing is fed back."""


def _int16(choices: Choices) -> array.array:
    data = choices.raw(2 * choices.below(40))
    values = array.array("h", data[: len(data) // 2 * 2])
    return values * choices.one_of((1, 1, 1, 10, 400))


def _audio_chunk() -> Callable[[Choices], None]:
    from dystream_ros.msg import AudioChunk

    from dystream_ros.audio.block import AudioRejected
    from dystream_ros.engine.config import ConversationConfig
    from dystream_ros.engine.conversation import Conversation
    from dystream_ros.nodes.audio_input.audio_chunk import AudioChunkAdapter, audio_chunk

    def take(choices: Choices) -> None:
        driven = choices.chance(3)
        config = ConversationConfig(
            time_mode="driven" if driven else "paced", self_mode=choices.one_of(("queued", "live"))
        )
        epoch_ns = 10**18
        conversation = Conversation(EchoSession(), config, lambda: epoch_ns)
        adapters = {party: AudioChunkAdapter(None) for party in ("self", "other")}
        now_ns, index = 10**9, dict.fromkeys(adapters, 0)
        for _ in range(1 + choices.below(12)):
            party = choices.one_of(("self", "other"))
            message = AudioChunk(stream_id=choices.one_of((0, 1, 2, 2**64 - 1)), first_sample=index[party])
            if choices.chance(3):
                message.first_sample = choices.integer(0, 2**64 - 1)
            message.sample_rate = choices.one_of((16_000, 16_000, 48_000, 8_000, 44_100, 96_000, 0, 2**32 - 1))
            message.channels = choices.one_of((1, 1, 2, 32, 0, 255))
            message.data = _int16(choices)
            message.end_of_stream = choices.chance(4)
            if choices.chance(2):
                message.header.stamp = stamp(choices, epoch_ns + now_ns)
            try:
                for block in adapters[party].blocks(message):
                    conversation.push(party, block, now_ns)
                    index[party] = min(2**64 - 1, message.first_sample + block.frames)
            except AudioRejected:
                pass
            command = choices.below(12)
            if command == 0:
                conversation.interrupt()
            elif command == 1:
                conversation.reset()
            now_ns += choices.one_of((0, 10, 10, 100, 400)) * MS
            _frames(conversation, now_ns, audio_chunk)

    return take


def _frames(conversation, now_ns: int, encode: Callable) -> None:
    """Compute the frames that are due, as the head does, and encode their aligned audio."""
    for _ in range(200):
        due_ns = conversation.due_ns(now_ns)
        if due_ns is None or due_ns > now_ns:
            return
        frame = conversation.step(now_ns)
        if frame is None:
            return
        for block in frame.self_audio:
            encode(block)


def _foreign_audio() -> Callable[[Choices], None]:
    from std_msgs.msg import Int16MultiArray, MultiArrayDimension

    from dystream_ros.audio.block import AudioRejected, check_block
    from dystream_ros.audio.pcm import PCM_FORMATS
    from dystream_ros.nodes.audio_input.adapter import ADAPTERS
    from dystream_ros.nodes.audio_input.described import InputContext, SourceFormat
    from dystream_ros.nodes.audio_input.message_class import TypeUnavailable

    def filled(choices: Choices, kind: str, adapter):
        if kind == "int16_multi_array":
            message = Int16MultiArray(data=_int16(choices))
            message.layout.data_offset = choices.integer(0, 2**32 - 1)
            for _ in range(choices.below(3)):
                size, stride = choices.integer(0, 2**32 - 1), choices.integer(0, 2**32 - 1)
                label = choices.one_of(("channels", "samples", ""))
                message.layout.dim.append(MultiArrayDimension(label=label, size=size, stride=stride))
            return message
        message = adapter.message()
        if kind == "audio_stamped":
            info, data = message.audio.info, message.audio.audio_data
            info.format, info.channels = choices.integer(-(2**31), 2**31 - 1), choices.integer(-(2**31), 2**31 - 1)
            info.rate = choices.one_of((16_000, 0, -1, 2**31 - 1))
            info.channels = choices.one_of((1, 2, info.channels))
            info.format = choices.one_of((8, 1, 2, 16, 32, info.format))
            data.int16_data = _int16(choices)
            if choices.chance(2):
                data.float32_data = array.array("f", [choices.single() for _ in range(choices.below(8))])
            message.header.stamp = stamp(choices)
            return message
        raw = array.array("B", choices.raw(choices.below(60)) * choices.one_of((1, 1, 50)))
        if kind == "audio_data":
            message.data = raw
        else:
            message.audio.data = raw
            message.header.stamp = stamp(choices)
        return message

    def take(choices: Choices) -> None:
        kind = choices.one_of([name for name in ADAPTERS if name != "audio_chunk"])
        described = SourceFormat(
            choices.one_of((16_000, 8_000, 96_000)), choices.one_of((1, 2, 32)), choices.one_of(list(PCM_FORMATS))
        )
        try:
            adapter = ADAPTERS[kind](InputContext(described, choices.one_of((None, 0.5)), lambda counter, text: None))
        except TypeUnavailable:
            return
        for _ in range(1 + choices.below(4)):
            if adapter.info is not None and choices.chance(2):
                info = adapter.info()
                info.coding_format, info.sample_format = choices.text(), choices.one_of(("S16LE", "F32LE", "x", ""))
                info.channels, info.sample_rate = choices.integer(0, 255), choices.integer(0, 2**32 - 1)
                adapter.describe(info)
            try:
                for block in adapter.blocks(filled(choices, kind, adapter)):
                    check_block(block)
            except AudioRejected:
                continue

    return take


AUDIO_MESSAGES = (
    Target("audio_chunk", "AudioChunk, paced and driven", _audio_chunk),
    Target("foreign_audio", "audio messages of other packages", _foreign_audio),
)
