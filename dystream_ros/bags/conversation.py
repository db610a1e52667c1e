"""Frames of a conversation that a bag holds, in driven time: the same bag gives the same frames."""

import logging
from collections.abc import Iterator, Mapping

import numpy as np

from dystream_ros.audio.block import AudioBlock, AudioRejected
from dystream_ros.audio.resample import MEDIA_RATE
from dystream_ros.bags.audio_records import audio_block
from dystream_ros.bags.definitions import BagError
from dystream_ros.bags.reading import Bag
from dystream_ros.engine.config import ConversationConfig
from dystream_ros.engine.conversation import Conversation
from dystream_ros.engine.frame import Frame
from dystream_ros.engine.interfaces import HeadSession

_LOG = logging.getLogger(__name__)
_PARTIES = ("self", "other")


def frames_of_bag(bag: Bag, topics: Mapping[str, str], session: HeadSession) -> Iterator[Frame]:
    """Frames from the audio of both parties, in the order in which it was recorded.

    Args:
        topics: topic of "self" and "other"; "" for a silent party.
        session: fresh or reset.

    Raises:
        BagError: neither party has audio, or its messages have another type.
    """
    parties = {topic: party for party, topic in topics.items() if topic}
    if not parties:
        raise BagError("the bag holds no audio: name its topics")
    conversation = Conversation(session, ConversationConfig(time_mode="driven"))
    refused = 0
    for party in set(_PARTIES) - set(parties.values()):
        conversation.push(party, _end(), 0)
    for record in bag.records(list(parties)):
        try:
            conversation.push(parties[record.topic], audio_block(record), 0)
        except AudioRejected as rejected:
            refused += 1
            if refused == 1:
                _LOG.warning("%s at %.3f s: %s", record.topic, record.recorded_ns / 1e9, rejected)
        while (frame := conversation.step(0)) is not None:
            yield frame
    if refused > 1:
        _LOG.warning("%d chunks of audio were refused", refused)
    for party in set(parties.values()):
        stream_id = conversation.statistics().self_audio.stream_id if party == "self" else 0
        if party == "other":
            stream_id = conversation.statistics().other_audio.stream_id
        conversation.push(party, _end(stream_id), 0)
    while (frame := conversation.step(0)) is not None:
        yield frame


def _end(stream_id: int = 1) -> AudioBlock:
    return AudioBlock(stream_id, 0, MEDIA_RATE, 1, None, np.zeros(0, np.int16), end_of_stream=True)
