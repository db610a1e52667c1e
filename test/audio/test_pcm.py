"""Bytes as samples, repairs, and compressed audio that is recognised."""

import av
import numpy as np
import pytest

from dystream_ros.audio.pcm import PCM_FORMATS, PcmReader, compression_of, repaired

VALUES = np.array([0, 1, -1, 12345, -32768, 32767])


def as_bytes(sample_format: str) -> bytes:
    """`VALUES`, of 16 bits, in another format."""
    order = ">" if sample_format.endswith("BE") else "<"
    kind, bits = sample_format[0], int(sample_format[1:3]) if sample_format[1:3].isdigit() else 8
    if kind == "F":
        return (VALUES / 32768).astype(f"{order}f{bits // 8}").tobytes()
    if bits == 24:
        wide = (VALUES << 8).astype(f"{order}i4").view(np.uint8).reshape(-1, 4)
        return wide[:, 1:].tobytes() if order == ">" else wide[:, :3].tobytes()
    if bits == 8:
        return ((VALUES >> 8) + (128 if kind == "U" else 0)).astype(np.uint8).tobytes()
    return (VALUES << (bits - 16)).astype(f"{order}i{bits // 8}").tobytes()


@pytest.mark.parametrize("sample_format", PCM_FORMATS)
def test_each_format_gives_the_same_values_however_it_is_cut(sample_format):
    data, reader = as_bytes(sample_format), PcmReader(sample_format, 1)
    parts = [reader.read(data[at : at + 5]) for at in range(0, len(data), 5)]
    found = np.concatenate(parts)
    scale = 1 if found.dtype == np.int16 else 32768
    step = 256 if sample_format in ("S8", "U8") else 0
    assert not reader.rest
    assert np.all(np.abs(found * scale - VALUES) <= step)


def test_a_reader_waits_for_all_channels_of_a_sample():
    reader = PcmReader("S16LE", 2)
    assert reader.read(b"\1\0\2").size == 0
    np.testing.assert_array_equal(reader.read(b"\0\3\0"), [1, 2])
    assert reader.rest == b"\3\0"
    with pytest.raises(ValueError, match="'MP3'; accepted are S16LE"):
        PcmReader("MP3", 1)


def test_broken_floats_become_silence_and_the_rest_is_limited_to_full_scale():
    sound = np.array([0.5, np.nan, np.inf, -np.inf, 3.0, -2.0], np.float32)
    usable, broken, peak = repaired(sound)
    np.testing.assert_array_equal(usable, np.array([0.5, 0, 0, 0, 1, -1], np.float32))
    assert (broken, peak) == (3, 3.0)
    whole = np.array([0.5, -1.0], np.float32)
    assert repaired(whole)[0] is whole


@pytest.mark.parametrize("rate", [8000, 16_000, 22_050, 44_100, 48_000])
def test_the_packets_of_an_mp3_encoder_are_recognised(rate):
    encoder = av.CodecContext.create("libmp3lame", "w")
    encoder.sample_rate, encoder.layout, encoder.format, encoder.bit_rate = rate, "mono", "s16p", 32_000
    sound = np.random.default_rng(0).integers(-3000, 3000, (1, 20 * 1152), np.int16)
    frames = []
    for start in range(0, sound.shape[1], encoder.frame_size or 1152):
        frame = av.AudioFrame.from_ndarray(sound[:, start : start + (encoder.frame_size or 1152)], "s16p", "mono")
        frame.sample_rate = rate
        frames += encoder.encode(frame)
    packets = [bytes(packet) for packet in [*frames, *encoder.encode(None)]]
    assert len(packets) > 10
    assert all(compression_of(packet) == "MP3" for packet in packets)


def test_samples_are_not_taken_for_a_compression():
    noise = np.random.default_rng(1).integers(-32768, 32768, (20_000, 160), np.int16)
    assert not any(compression_of(part.tobytes()) for part in noise)
    # Soft sounds begin with -1, whose bytes are those of a frame's first two; the length then tells them apart.
    soft = np.random.default_rng(2).integers(-1100, 0, (20_000, 160), np.int16)
    assert not any(compression_of(part.tobytes()) for part in soft)
    assert compression_of(b"RIFF....WAVEfmt ") == "a WAV header"
