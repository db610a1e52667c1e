"""The causal student gives the same features in a stream as over a whole clip."""

import pytest
import torch

from dystream_ros.models.released.streaming.student import StudentEncoder


@pytest.fixture
def student(tiny_generator) -> StudentEncoder:
    student = StudentEncoder(tiny_generator.audio_encoder_face, lookahead=960, span=12)
    torch.manual_seed(0)
    torch.nn.init.normal_(student.lookahead_module.weight, std=0.05)
    return student.eval().requires_grad_(False)


def test_frame_by_frame_equals_the_whole_clip(student):
    audio = 0.1 * torch.randn(2, 320 * 63, generator=torch.Generator().manual_seed(1))
    voiced = torch.ones(2)
    begin = student.initial(2)
    features, front_end = student.front_end(begin.front_end, audio, voiced)
    hidden, _ = student.absorb(begin, features, front_end)
    # The hidden outputs number u - 2 after 320 u samples; before the first lie those of the silence.
    whole = student.settled(torch.cat((begin.hidden, hidden), 1))
    state = student.advance(begin, audio[:, :960], voiced)
    for frame in range(30):
        state = student.advance(state, audio[:, 960 + 640 * frame : 960 + 640 * (frame + 1)], voiced)
        first = begin.hidden.shape[1] + 2 * frame + 1
        torch.testing.assert_close(student.read(state), whole[:, first : first + 2].mean(1), atol=2e-5, rtol=0)


def test_silence_before_the_first_sample_is_steady(student):
    begin = student.initial(1)
    later = student.advance(begin, torch.zeros(1, 640 * 8), torch.zeros(1))
    torch.testing.assert_close(later.hidden, begin.hidden, atol=2e-5, rtol=0)
    torch.testing.assert_close(later.cache, begin.cache, atol=2e-5, rtol=0)
