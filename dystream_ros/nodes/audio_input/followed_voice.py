"""The voice of whoever speaks among the people of ros4hri (REP-155), as the audio of one party."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from typing import Any

import numpy as np
from rclpy.node import Node
from rclpy.subscription import Subscription
from std_msgs.msg import Bool

from dystream_ros.audio.block import AudioBlock, AudioRejected
from dystream_ros.nodes.audio_input.message_class import message_class
from dystream_ros.nodes.audio_input.party_input import PartyInput
from dystream_ros.nodes.common import qos

_MOST = 16  # voices that are followed at once


class FollowedVoice:
    """One `PartyInput` at a time, on `<root>/voices/<id>/audio` of the voice that speaks.

    Ids of voices do not persist: a tracker gives the same person another one after a pause. The present voice is kept
    while it is tracked, unless another one speaks and it does not. When it is gone and nobody is known to speak, a
    voice that has just appeared follows it. At each change the stream of the old voice ends, so that the new one is
    not taken for a second source beside it.

    Attributes:
        topic: of the present voice, or of the list of voices while there is none.
        publishers, source_type: as of `PartyInput`.

    Args:
        node: gets the subscriptions.
        root: of the topics of ros4hri, "/humans".
        open_input: opens the input of a topic, which passes its blocks to a function.
        receive: takes the blocks of the present voice.

    Raises:
        TypeUnavailable: hri_msgs is not installed.
    """

    def __init__(
        self,
        node: Node,
        root: str,
        open_input: Callable[[str, Callable[[AudioBlock], None]], PartyInput],
        receive: Callable[[AudioBlock], None],
    ) -> None:
        self._node = node
        self._voices = f"{root.rstrip('/')}/voices"
        self._open_input, self._receive = open_input, receive
        self._input: PartyInput | None = None
        self._chosen = ""
        self._last: AudioBlock | None = None
        self._speaking: dict[str, bool] = {}  # of the tracked voices, in the order of the list
        self._followed: dict[str, Subscription] = {}
        kind = message_class("hri_msgs/msg/IdsList", "ids")
        self._list = node.create_subscription(kind, f"{self._voices}/tracked", self._on_tracked, qos.requests())

    @property
    def topic(self) -> str:
        """Topic of the present voice."""
        return f"{self._voices}/tracked" if self._input is None else self._input.topic

    @property
    def publishers(self) -> int:
        """Number of publishers of the present voice."""
        return 0 if self._input is None else self._input.publishers

    @property
    def source_type(self) -> str:
        """Message type of the present voice."""
        return "" if self._input is None else self._input.source_type

    def watch_publishers(self) -> None:
        """Look for publishers of the present voice."""
        if self._input is not None:
            self._input.watch_publishers()

    def close(self) -> None:
        """End all subscriptions."""
        for subscription in (self._list, *self._followed.values()):
            self._node.destroy_subscription(subscription)
        self._followed.clear()
        self._end()

    def _on_tracked(self, message: Any) -> None:
        ids = [each for each in message.ids if each][:_MOST]
        for gone in self._followed.keys() - set(ids):
            self._node.destroy_subscription(self._followed.pop(gone))
        for new in set(ids) - self._followed.keys():
            topic = f"{self._voices}/{new}/is_speaking"
            take = partial(self._on_speaking, new)
            self._followed[new] = self._node.create_subscription(Bool, topic, take, qos.requests())
        appeared = [each for each in ids if each not in self._speaking]
        self._speaking = {each: self._speaking.get(each, False) for each in ids}
        self._choose(appeared)

    def _on_speaking(self, voice: str, message: Bool) -> None:
        if voice in self._speaking:
            self._speaking[voice] = message.data
            self._choose()

    def _choose(self, appeared: Sequence[str] = ()) -> None:
        talking = [voice for voice, speaking in self._speaking.items() if speaking]
        if self._chosen in self._speaking and (not talking or self._chosen in talking):
            return
        # A voice that is gone is kept until there is another: its last words may still arrive.
        wanted = (talking or [*appeared, *self._speaking, self._chosen])[0]
        if wanted == self._chosen:
            return
        self._end()
        self._chosen = wanted
        self._node.get_logger().info(f"hearing the voice '{wanted}'")
        self._input = self._open_input(f"{self._voices}/{wanted}/audio", partial(self._pass_on, wanted))
        # Its publisher is mostly there already: its type must not wait for the next look.
        self._input.watch_publishers()

    def _pass_on(self, voice: str, block: AudioBlock) -> None:
        if voice != self._chosen:
            return  # arrived in the thread of the audio while the voice was changed
        self._receive(block)
        self._last = block  # accepted: a stream of which nothing was has no end

    def _end(self) -> None:
        """End the present input, and its stream."""
        if self._input is not None:
            self._input.close()
            self._input = None
        last, self._last = self._last, None
        if last is not None and not last.end_of_stream:
            after, nothing = last.first_sample + last.frames, np.zeros(0, np.int16)
            with suppress(AudioRejected):  # counted; there is no caller to inform
                self._receive(AudioBlock(last.stream_id, after, last.sample_rate, last.channels, None, nothing, True))


AudioInput = PartyInput | FollowedVoice
