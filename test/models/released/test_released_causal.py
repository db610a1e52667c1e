"""The published encoder made causal: a stream gives the features of a whole clip, and depends on the lookahead only."""

import pytest
import torch

from dystream_ros.models.released.streaming.causal_encoder import CausalEncoder
from dystream_ros.models.state import map_state

LOOKAHEADS = (0, 320, 960, 3200)


def encoder_with(tiny_generator, lookahead: int) -> CausalEncoder:
    return CausalEncoder(tiny_generator.audio_encoder_face, lookahead, span=12)


def voices(units: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Two clips of noise that rises and falls, and whether each unit of 20 ms has speech."""
    draws = torch.Generator().manual_seed(1)
    audio = 0.1 * torch.randn(2, 320 * units, generator=draws)
    return audio, (torch.rand(2, units, generator=draws) > 0.3).float()


@pytest.mark.parametrize("lookahead", LOOKAHEADS)
@torch.inference_mode()
def test_frame_by_frame_equals_the_whole_clip(tiny_generator, lookahead):
    encoder, ahead, frames = encoder_with(tiny_generator, lookahead), lookahead // 320, 30
    audio, voiced = voices(2 * frames + ahead)
    voiced[:, ahead:] = voiced[:, ahead:].reshape(2, -1, 2)[:, :, :1].expand(-1, -1, 2).flatten(1)
    voiced[:, :ahead] = voiced[:, :1]
    whole = encoder.encode_clip(audio, voiced)
    assert whole.shape[:2] == (2, frames)
    state = encoder.initial(2)
    if lookahead:
        state = encoder.advance(state, audio[:, :lookahead], voiced[:, 0])
    for frame in range(frames):
        first = lookahead + 640 * frame
        state = encoder.advance(state, audio[:, first : first + 640], voiced[:, ahead + 2 * frame])
        torch.testing.assert_close(encoder.read(state), whole[:, frame], atol=2e-5, rtol=0)


@pytest.mark.parametrize("lookahead", LOOKAHEADS)
@torch.inference_mode()
def test_a_feature_depends_on_the_whole_lookahead_and_on_nothing_after_it(tiny_generator, lookahead):
    encoder = encoder_with(tiny_generator, lookahead)
    audio, voiced = voices(40 + lookahead // 320)
    before, after = audio.clone(), audio.clone()
    last = 640 * 11 + lookahead  # of what frame 10 depends on
    # The newest feature covers samples up to 240 before the newest one; its unit changes the statistics of the voice.
    before[:, last - 320 : last - 240] += 0.5
    after[:, last:] += 0.5
    plain, earlier, later = (encoder.encode_clip(part, voiced)[:, 10] for part in (audio, before, after))
    assert torch.equal(plain, later)
    assert not torch.allclose(plain, earlier, atol=1e-6)


@torch.inference_mode()
def test_silence_before_the_first_sample_is_steady(tiny_generator):
    encoder = encoder_with(tiny_generator, 960)
    begin = encoder.initial(1)
    later = encoder.advance(begin, torch.zeros(1, 640 * 8), torch.zeros(1))
    torch.testing.assert_close(later.hidden, begin.hidden, atol=2e-5, rtol=0)
    torch.testing.assert_close(later.cache, begin.cache, atol=2e-5, rtol=0)


@torch.inference_mode()
def test_the_state_does_not_grow(tiny_generator):
    encoder = encoder_with(tiny_generator, 960)
    begin = encoder.initial(1)
    state = begin
    for _ in range(5):
        state = encoder.advance(state, torch.zeros(1, 640), torch.zeros(1))
    map_state(lambda first, last: torch.tensor(first.shape == last.shape), begin, state)
    assert [part.shape for part in (state.projected, state.waiting, state.cache, state.hidden)] == [
        part.shape for part in (begin.projected, begin.waiting, begin.cache, begin.hidden)
    ]


def test_gradients_reach_every_weight_but_the_future_of_the_positions(tiny_generator):
    encoder = encoder_with(tiny_generator, 960)
    own = tiny_generator.audio_encoder_face
    own.requires_grad_(True)
    try:
        audio, voiced = voices(23)
        encoder.encode_clip(audio, voiced).square().mean().backward()
        without = [name for name, parameter in own.named_parameters() if parameter.grad is None]
        position = own.encoder.pos_conv_embed.conv.weight.grad
    finally:
        own.requires_grad_(False)
        own.zero_grad(set_to_none=True)
    assert without == []
    assert position[:, :, : encoder.taps].abs().max() > 0
    assert position[:, :, encoder.taps :].abs().max() == 0
