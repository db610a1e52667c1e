"""Files of common formats come as blocks; what cannot be read says why."""

import av
import numpy as np
import pytest
import soundfile

from dystream_ros.audio.block import AudioBlock
from dystream_ros.audio.files import AudioFileError, open_audio, read_audio


def encode(path, samples, rate, codec):
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=rate, layout="mono")
        frame = av.AudioFrame.from_ndarray((samples[None] * 32767).astype(np.int16), format="s16", layout="mono")
        frame.rate = rate
        fitting = av.AudioResampler(
            format=stream.format, layout="mono", rate=rate, frame_size=stream.frame_size or 1024
        )
        for part in [*fitting.resample(frame), *fitting.resample(None)]:
            container.mux(stream.encode(part))
        container.mux(stream.encode(None))


def joined(blocks: list[AudioBlock]) -> np.ndarray:
    return np.concatenate([block.data.reshape(-1, block.channels) for block in blocks])


@pytest.mark.parametrize("suffix", ["wav", "flac"])
def test_lossless_files_come_back_sample_by_sample(suffix, tmp_path):
    samples = np.random.default_rng(0).integers(-3000, 3000, (50_000, 2), dtype=np.int16)
    soundfile.write(tmp_path / f"a.{suffix}", samples, 44_100)
    blocks = list(read_audio(tmp_path / f"a.{suffix}", block=1000, stream_id=7, stamp_ns=10**9))
    np.testing.assert_array_equal(joined(blocks), samples)
    assert [block.first_sample for block in blocks] == list(range(0, 50_000, 1000))
    assert [block.end_of_stream for block in blocks] == [False] * 49 + [True]
    assert blocks[1].stamp_ns == 10**9 + round(1000 / 44_100 * 1e9)
    assert {(block.stream_id, block.sample_rate, block.channels) for block in blocks} == {(7, 44_100, 2)}


@pytest.mark.parametrize(
    ("suffix", "rate", "codec"),
    [("mp3", 22_050, "mp3"), ("opus", 48_000, "libopus"), ("m4a", 24_000, "aac"), ("g722", 16_000, "g722")],
)
def test_compressed_files_are_read(suffix, rate, codec, tmp_path):
    tone = 0.5 * np.sin(2 * np.pi * 440 * np.arange(2 * rate) / rate).astype(np.float32)
    encode(tmp_path / f"a.{suffix}", tone, rate, codec)
    blocks = list(read_audio(tmp_path / f"a.{suffix}"))
    heard = joined(blocks)
    heard = heard.astype(np.float32) / (32_768 if heard.dtype == np.int16 else 1)
    assert blocks[0].sample_rate == rate
    assert abs(len(heard) - 2 * rate) < 0.2 * rate
    assert np.sqrt(np.mean(heard**2)) == pytest.approx(0.354, abs=0.05)


def test_one_channel_can_be_chosen(tmp_path):
    samples = np.random.default_rng(0).integers(-3000, 3000, (5000, 2), dtype=np.int16)
    soundfile.write(tmp_path / "a.wav", samples, 16_000)
    np.testing.assert_array_equal(joined(list(read_audio(tmp_path / "a.wav", channel=1))), samples[:, 1:])
    with pytest.raises(AudioFileError, match="channel 2 was asked for, it has 2"):
        next(read_audio(tmp_path / "a.wav", channel=2))


def test_the_open_file_says_what_it_holds(tmp_path):
    soundfile.write(tmp_path / "a.wav", np.zeros((8000, 2)), 16_000)
    with open_audio(tmp_path / "a.wav") as audio:
        assert (audio.sample_rate, audio.channels, audio.seconds) == (16_000, 2, 0.5)


def test_an_empty_file_ends_its_stream_at_once(tmp_path):
    soundfile.write(tmp_path / "a.wav", np.zeros(0), 16_000)
    (block,) = read_audio(tmp_path / "a.wav")
    assert block.end_of_stream
    assert block.frames == 0


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(AudioFileError, match=r"nothing\.wav: no such file"):
        next(read_audio(tmp_path / "nothing.wav"))


def test_a_file_that_is_no_audio_is_named(tmp_path):
    (tmp_path / "a.wav").write_text("this is a letter")
    with pytest.raises(AudioFileError, match=r"a\.wav: not readable as audio"):
        next(read_audio(tmp_path / "a.wav"))


def test_a_rate_out_of_range_is_named(tmp_path):
    soundfile.write(tmp_path / "a.wav", np.zeros(1000), 192_000)
    with pytest.raises(AudioFileError, match="192000 Hz; accepted are 8000 to 96000"):
        next(read_audio(tmp_path / "a.wav"))
