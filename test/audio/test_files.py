"""Files of common formats are read as blocks; the error of an unreadable one names the cause."""

import struct
import tracemalloc

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
    samples = joined(blocks)
    samples = samples.astype(np.float32) / (32_768 if samples.dtype == np.int16 else 1)
    assert blocks[0].sample_rate == rate
    assert abs(len(samples) - 2 * rate) < 0.2 * rate
    assert np.sqrt(np.mean(samples**2)) == pytest.approx(0.354, abs=0.05)


def test_one_channel_can_be_chosen(tmp_path):
    samples = np.random.default_rng(0).integers(-3000, 3000, (5000, 2), dtype=np.int16)
    soundfile.write(tmp_path / "a.wav", samples, 16_000)
    np.testing.assert_array_equal(joined(list(read_audio(tmp_path / "a.wav", channel=1))), samples[:, 1:])
    with pytest.raises(AudioFileError, match="channel 2 was asked for, it has 2"):
        next(read_audio(tmp_path / "a.wav", channel=2))


def test_an_open_file_has_rate_channels_and_duration(tmp_path):
    soundfile.write(tmp_path / "a.wav", np.zeros((8000, 2)), 16_000)
    with open_audio(tmp_path / "a.wav") as audio:
        assert (audio.sample_rate, audio.channels, audio.seconds) == (16_000, 2, 0.5)


def wav(stated: int, samples: np.ndarray) -> bytes:
    """A mono 16 kHz WAV file whose header states another number of bytes than follow."""
    form = struct.pack("<IHHIIHH", 16, 1, 1, 16_000, 32_000, 2, 16)
    head = b"RIFF" + struct.pack("<I", stated) + b"WAVEfmt " + form + b"data" + struct.pack("<I", stated)
    return head + samples.astype("<i2").tobytes()


@pytest.mark.parametrize("stated", [0, 0xFFFFFFFF], ids=["0", "unknown"])
def test_a_wav_that_was_written_to_a_pipe_is_read_to_its_end(stated, tmp_path):
    samples = np.random.default_rng(0).integers(-3000, 3000, 40_000)
    (tmp_path / "a.wav").write_bytes(wav(stated, samples))
    read = joined(list(read_audio(tmp_path / "a.wav")))[:, 0].astype(np.float64)
    if read.max() <= 1:
        read = read * 32_768
    np.testing.assert_array_equal(read, samples)


def test_a_file_without_samples_is_named(tmp_path):
    (tmp_path / "header.wav").write_bytes(wav(0, np.zeros(0)))
    soundfile.write(tmp_path / "none.wav", np.zeros(0), 16_000)
    for name in ("header.wav", "none.wav"):
        with pytest.raises(AudioFileError, match=rf"{name}.* holds no samples"):
            next(read_audio(tmp_path / name))
    (tmp_path / "empty.wav").touch()
    with pytest.raises(AudioFileError, match=r"empty\.wav is empty \(0 bytes\)"):
        next(read_audio(tmp_path / "empty.wav"))


def test_a_folder_is_named(tmp_path):
    with pytest.raises(AudioFileError, match="is a folder; give the path of an audio file"):
        next(read_audio(tmp_path))


def test_raw_samples_are_refused_with_the_command_that_converts_them(tmp_path):
    (tmp_path / "a.raw").write_bytes(bytes(3200))
    with pytest.raises(AudioFileError, match="ffmpeg -f s16le"):
        next(read_audio(tmp_path / "a.raw"))


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(AudioFileError, match=r"nothing\.wav: no such file"):
        next(read_audio(tmp_path / "nothing.wav"))


def test_a_file_that_is_not_audio_is_named(tmp_path):
    (tmp_path / "a.wav").write_text("this is a letter")
    with pytest.raises(AudioFileError, match=r"a\.wav: not readable as audio"):
        next(read_audio(tmp_path / "a.wav"))


def test_a_rate_out_of_range_is_named(tmp_path):
    soundfile.write(tmp_path / "a.wav", np.zeros(1000), 192_000)
    with pytest.raises(AudioFileError, match="192000 Hz; accepted are 8000 to 96000"):
        next(read_audio(tmp_path / "a.wav"))


def test_tags_that_are_not_utf_8_do_not_matter(tmp_path):
    """Found by fuzzing."""
    path = tmp_path / "song.m4a"
    with av.open(str(path), "w") as container:
        container.metadata["title"] = "TITLE OF IT"
        stream = container.add_stream("aac", rate=16_000, layout="mono")
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 4096), np.float32), format="fltp", layout="mono")
        frame.sample_rate, frame.pts = 16_000, 0
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    data = path.read_bytes()
    assert b"TITLE OF IT" in data
    path.write_bytes(data.replace(b"TITLE OF IT", "Très à l'ou".encode("latin-1")))
    assert len(joined(list(read_audio(path)))) >= 4096


def test_sound_that_ffmpeg_cannot_decode_is_named(tmp_path):
    """Found by fuzzing: a stream without a decoder."""
    path = tmp_path / "sound.mkv"
    encode(path, np.zeros(16_000), 16_000, "pcm_s16le")
    data = path.read_bytes()
    assert b"A_PCM/INT/LIT" in data
    path.write_bytes(data.replace(b"A_PCM/INT/LIT", b"A_PCM/XYZ/LIT"))
    with pytest.raises(AudioFileError, match=r"a format that FFmpeg cannot decode|not readable as audio"):
        list(read_audio(path))


def test_samples_that_are_not_finite_are_refused(tmp_path):
    sound = np.zeros(16_000, np.float32)
    sound[9_000] = np.nan
    soundfile.write(tmp_path / "nan.wav", sound, 16_000, subtype="FLOAT")
    with pytest.raises(AudioFileError, match=r"nan\.wav: its samples hold NaN or infinity"):
        list(read_audio(tmp_path / "nan.wav"))


def test_a_long_file_is_read_in_constant_memory(tmp_path):
    """Twenty minutes; ten hours are read in 33 MiB, too."""
    path, count = tmp_path / "long.wav", 20 * 60 * 16_000
    with path.open("wb") as file:
        file.write(b"RIFF" + struct.pack("<I", 36 + 2 * count) + b"WAVEfmt ")
        file.write(struct.pack("<IHHIIHH", 16, 1, 1, 16_000, 32_000, 2, 16) + b"data" + struct.pack("<I", 2 * count))
        file.truncate(44 + 2 * count)
    tracemalloc.start()
    assert sum(block.frames for block in read_audio(path)) == count
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert most < 8_000_000  # bytes; the samples are 38 MB


def test_recordings_of_other_rates_in_one_stream_are_read_in_the_rate_of_the_first(tmp_path):
    path = tmp_path / "radio.aac"
    path.write_bytes(b"".join(_adts(tmp_path / f"{rate}.aac", rate) for rate in (44100, 22050, 44100)))
    with open_audio(path) as audio:
        rate = audio.sample_rate
        samples = np.concatenate([np.asarray(part, np.float32) for part in audio.parts])[:, 0]
    assert rate == 44100
    assert abs(len(samples) / rate - 1.5) < 0.2  # with the padding of the encoder
    for second in (0.25, 0.75, 1.25):
        part = samples[int((second - 0.1) * rate) : int((second + 0.1) * rate)]
        spectrum = np.abs(np.fft.rfft(part * np.hanning(len(part))))
        assert abs(spectrum.argmax() * rate / len(part) - 440) < 10


def _adts(path, rate):
    """Half a second of a tone as AAC without a container."""
    tone = 0.5 * np.sin(2 * np.pi * 440 * np.arange(rate // 2) / rate)
    frame = av.AudioFrame.from_ndarray(tone[None].astype(np.float32), format="fltp", layout="mono")
    frame.sample_rate = rate
    with av.open(str(path), "w", format="adts") as container:
        stream = container.add_stream("aac", rate=rate, layout="mono")
        for packet in (*stream.encode(frame), *stream.encode(None)):
            container.mux(packet)
    return path.read_bytes()
