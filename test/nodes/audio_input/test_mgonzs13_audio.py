"""A head that hears the audio messages of mgonzs13, as their real types over DDS."""

import numpy as np
import pytest
from peer_listener import Listener

AUDIO_STAMPED = "audio_common_msgs/msg/AudioStamped"


@pytest.fixture(scope="module")
def mgonzs13(graph, tmp_path_factory, untrained):
    listener = Listener(graph, tmp_path_factory.mktemp("mgonzs13"), untrained, "mgonzs13")
    yield listener
    assert listener.head.stop() == 0


@pytest.mark.parametrize(("sample_format", "best_effort"), [(8, True), (1, False)])
def test_a_head_hears_audio_stamped_of_mgonzs13(mgonzs13, babble, sample_format, best_effort):
    speech = babble(0.5, seed=6)
    heard = mgonzs13.hears(
        speech, type=AUDIO_STAMPED, chunk=512, sample_format=sample_format, best_effort=best_effort, real_time=True
    )
    np.testing.assert_allclose(heard, speech, atol=1)
    assert mgonzs13.status.next()[-1].self_audio.source_type == AUDIO_STAMPED
