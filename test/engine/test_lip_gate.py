"""A conversation whose own channel holds other sound than the own voice."""

import numpy as np
import pytest

from dystream_ros.assets import demo_conversation
from dystream_ros.audio.block import AudioBlock
from dystream_ros.audio.files import read_audio
from dystream_ros.engine.config import ConversationConfig
from dystream_ros.engine.conversation import Conversation
from dystream_ros.engine.offline import SILENT
from dystream_ros.engine.session import Session
from dystream_ros.face.aperture import aperture
from dystream_ros.models.registry import load_model
from dystream_ros.models.runtime import Runtime

RATE = 16_000


@pytest.fixture(scope="module")
def network():
    return load_model("compact", Runtime()).network


@pytest.fixture(scope="module")
def partner():
    """Ten seconds of the second voice of the shipped conversation, float32."""
    blocks = [block.data.reshape(block.frames, -1) for block in read_audio(demo_conversation())]
    sound = np.concatenate(blocks)[:, 1].astype(np.float32)
    return sound / 32768 if np.abs(sound).max() > 2 else sound


def opening(network, own, other, **settings):
    """Aperture (frames,) of a conversation in driven time."""
    conversation = Conversation(Session(network, 0), ConversationConfig(time_mode="driven", **settings))
    for party, sound in (("self", own), ("other", other)):
        block = SILENT if sound is None else AudioBlock(1, 0, RATE, 1, None, sound.astype(np.float32), True)
        conversation.push(party, block, 0)
    motions = []
    while (frame := conversation.step(0)) is not None:
        motions.append(frame.motion.values)
    return aperture(np.array(motions))


def chirps(seconds):
    t = np.arange(int(seconds * RATE)) / RATE
    return 0.2 * np.sin(2 * np.pi * (700 + 900 * (t % 0.4)) * t) * (t % 0.4 < 0.25)


def test_beeps_of_a_robot_leave_the_lips_closed_unless_it_wants_them_to_move(network):
    closed = opening(network, chirps(6.0), None)
    assert np.percentile(closed, 95) < 0.05
    assert opening(network, chirps(6.0), None, lips_need_voice=False).max() > 2 * closed.max()


def test_the_partners_voice_in_the_own_channel_does_not_move_the_lips(network, partner):
    late = np.concatenate([np.zeros(int(0.25 * RATE)), 0.1 * partner])[: len(partner)]
    gated, free = (opening(network, late, partner, lips_need_voice=need) for need in (True, False))
    after = slice(100, None)  # the path between the channels is found by then
    assert np.percentile(gated[after], 95) < 0.08
    assert np.percentile(free[after], 95) > np.percentile(gated[after], 95)


def test_the_own_voice_moves_the_lips_as_without_the_gate(network, partner):
    gated, free = (opening(network, partner, None, lips_need_voice=need) for need in (True, False))
    assert np.corrcoef(gated, free)[0, 1] > 0.99
    assert gated.sum() > 0.97 * free.sum()
