"""Frames of recorded files: a conversation in driven time, with constant memory."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from dystream_ros.audio.block import AudioBlock
from dystream_ros.audio.files import read_audio
from dystream_ros.audio.resample import MEDIA_RATE
from dystream_ros.engine.config import ConversationConfig
from dystream_ros.engine.conversation import Conversation
from dystream_ros.engine.frame import Frame
from dystream_ros.engine.interfaces import HeadSession

SILENT = AudioBlock(1, 0, MEDIA_RATE, 1, None, np.zeros(0, np.float32), end_of_stream=True)


def frames_of_files(
    self_path: str | Path | None,
    other_path: str | Path | None,
    session: HeadSession,
    self_channel: int = -1,
    other_channel: int = -1,
) -> Iterator[Frame]:
    """Frames of a conversation of two files, which start together; the shorter one is continued with silence.

    Args:
        self_path, other_path: any common audio format; None for a silent party.
        session: fresh or reset.
        self_channel, other_channel: channel of the file, from 0; -1 for the mean of all.

    Raises:
        AudioFileError: a file cannot be read.
        AudioRejected: a file has no such channel.
    """
    config = ConversationConfig(time_mode="driven", self_channel=self_channel, other_channel=other_channel)
    conversation = Conversation(session, config)
    sources = {
        party: iter([SILENT]) if path is None else read_audio(path)
        for party, path in (("self", self_path), ("other", other_path))
    }
    while sources:
        for party, source in list(sources.items()):
            block = next(source, None)
            if block is None:
                del sources[party]
            else:
                conversation.push(party, block, 0)
        while (frame := conversation.step(0)) is not None:
            yield frame
