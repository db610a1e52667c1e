"""The streaming encoder computes what the published one does over the same features."""

import pytest
import torch
import torch.nn.functional as F

from dystream_ros.models.released.networks.wav2vec2 import Wav2Vec2Encoder
from dystream_ros.models.released.streaming.speech_statistics import SpeechStatistics, TrackingConfig
from dystream_ros.models.released.streaming.window_encoder import WindowEncoder

WINDOW, LOOKAHEAD, FRAMES = 40, 960, 28


@pytest.fixture(scope="module")
def audio():
    return 0.05 * torch.randn(2, LOOKAHEAD + 640 * FRAMES, generator=torch.Generator().manual_seed(0))


@pytest.fixture(scope="module")
def encoder(tiny_generator) -> WindowEncoder:
    return WindowEncoder(tiny_generator.audio_encoder_face, LOOKAHEAD, WINDOW, TrackingConfig(time_constant=0))


def heard(encoder: WindowEncoder, audio: torch.Tensor, *sizes: int):
    state, position, voiced = encoder.initial(len(audio)), 0, torch.ones(len(audio))
    for size in sizes:
        state = encoder.advance(state, audio[:, position : position + size], voiced)
        position += size
    return state


def plain_window(encoder: Wav2Vec2Encoder, streaming: WindowEncoder, audio: torch.Tensor) -> torch.Tensor:
    """Features of the window's end by the published modules, but for the normalisation over time."""
    audio = F.pad(audio, (320 * 80, 0))
    first, *rest = encoder.feature_extractor.conv_layers
    statistics = streaming.front_end.statistics
    mean, variance = (part[..., None] for part in statistics.channels(statistics.initial(len(audio))))
    x = (first.conv(audio[:, None]) - mean) / torch.sqrt(variance + first.layer_norm.eps)
    x = F.gelu(x * first.layer_norm.weight[:, None] + first.layer_norm.bias[:, None])
    for layer in rest:
        x = layer(x)
    x = encoder.feature_projection(x.transpose(1, 2))
    x = encoder.encoder.layer_norm(x + encoder.encoder.pos_conv_embed(x))[:, -WINDOW:]
    for layer in encoder.encoder.layers:
        x = layer(x)
    return x[:, -4:-2].mean(1)


@torch.inference_mode()
def test_streamed_features_are_those_of_the_published_modules_over_the_window(tiny_generator, encoder, audio):
    state = heard(encoder, audio, LOOKAHEAD, *[640] * FRAMES)
    expected = plain_window(tiny_generator.audio_encoder_face, encoder, audio)
    torch.testing.assert_close(encoder.read(state), expected, atol=1e-5, rtol=0)


@torch.inference_mode()
@pytest.mark.parametrize("unit", [320, 1280, 640 * FRAMES])
def test_any_chunks_of_whole_features_give_the_same_window(encoder, audio, unit):
    frame_by_frame = heard(encoder, audio, LOOKAHEAD, *[640] * FRAMES)
    chunked = heard(encoder, audio, LOOKAHEAD, *[unit] * (640 * FRAMES // unit))
    torch.testing.assert_close(encoder.read(chunked), encoder.read(frame_by_frame), atol=1e-5, rtol=0)


@torch.inference_mode()
def test_statistics_of_the_first_convolution_follow_from_the_waveforms_autocorrelation(tiny_generator):
    convolution = tiny_generator.audio_encoder_face.feature_extractor.conv_layers[0].conv
    waveform = 0.02 + 0.05 * torch.randn(2, 400_000, generator=torch.Generator().manual_seed(0))
    statistics = SpeechStatistics(convolution.weight, unit=waveform.shape[1] - 9, tracking=TrackingConfig(0.02))
    moments = statistics.update(statistics.initial(2), waveform, torch.ones(2))
    mean, variance = statistics.channels(moments)
    output = convolution(waveform[:, None])
    torch.testing.assert_close(mean, output.mean(-1), atol=1e-3, rtol=0.02)
    torch.testing.assert_close(variance, output.var(-1, unbiased=False), atol=1e-6, rtol=0.05)


def test_statistics_stay_over_silence_and_never_fall_below_the_floor(tiny_generator):
    kernel = tiny_generator.audio_encoder_face.feature_extractor.conv_layers[0].conv.weight
    statistics = SpeechStatistics(kernel, 320, TrackingConfig(time_constant=0.02, floor_dbfs=-45))
    nominal = statistics.initial(1)
    hiss = 1e-4 * torch.randn(1, 329, generator=torch.Generator().manual_seed(0))
    assert torch.equal(statistics.update(nominal, hiss, torch.zeros(1)), nominal)
    whispered = statistics.update(nominal, hiss, torch.ones(1))
    floor, unlifted = statistics.channels(whispered)[1], whispered[:, 1:-1] @ statistics.by_lag.T
    assert (floor > 100 * unlifted).all()


@torch.inference_mode()
def test_silence_before_the_first_sample_is_steady(encoder):
    begin = encoder.initial(1)
    later = encoder.advance(begin, torch.zeros(1, 640), torch.zeros(1))
    torch.testing.assert_close(later.embedded, begin.embedded, atol=1e-5, rtol=0)


@torch.inference_mode()
def test_a_faint_voice_is_heard_like_a_loud_one_within_a_second(tiny_generator):
    voice = 0.3 * torch.randn(1, LOOKAHEAD + 640 * 25, generator=torch.Generator().manual_seed(0))

    def apart(time_constant: float) -> float:
        encoder = WindowEncoder(
            tiny_generator.audio_encoder_face, LOOKAHEAD, WINDOW, TrackingConfig(time_constant=time_constant)
        )
        loud, faint = (encoder.read(heard(encoder, gain * voice, LOOKAHEAD, *[640] * 25)) for gain in (1.0, 0.1))
        return float((loud - faint).norm() / loud.norm())

    assert apart(time_constant=5.0) < 0.1
    assert apart(time_constant=0.0) > 0.3
