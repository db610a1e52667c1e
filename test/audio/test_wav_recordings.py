"""WAV files as services stream them: lengths that are not known yet, and several files in a row."""

import io

import numpy as np
import pytest
import soundfile

from dystream_ros.audio.files import AudioFileError, open_audio, read_audio

RATE = 24_000
SOUND = (8000 * np.sin(np.arange(2 * RATE) / 20)).astype(np.int16)


def wav(sound, stated=None, rate=RATE):
    """Bytes of a WAV file whose header states this many bytes; None: as they are."""
    file = io.BytesIO()
    soundfile.write(file, sound, rate, format="WAV", subtype="PCM_16")
    data = bytearray(file.getvalue())
    if stated is not None:
        at = data.index(b"data") + 4
        data[4:8] = data[at : at + 4] = stated.to_bytes(4, "little")
    return bytes(data)


def read(path):
    return np.concatenate([block.data.reshape(-1) for block in read_audio(path)])


LENGTHS = [None, 0, 0xFFFFFFFF, 0x7FFFFFFF, 2_000_000_000]


@pytest.mark.parametrize("stated", LENGTHS)
def test_a_streamed_file_is_read_to_its_end_whatever_length_it_states(tmp_path, stated):
    path = tmp_path / "speech.wav"
    path.write_bytes(wav(SOUND, stated))
    heard = read(path)
    scale = 1 if heard.dtype == np.int16 else 32768
    np.testing.assert_array_equal(np.round(heard * scale), SOUND)


@pytest.mark.parametrize("stated", LENGTHS)
def test_recordings_in_a_row_are_read_one_after_the_other(tmp_path, stated):
    path = tmp_path / "sentences.wav"
    path.write_bytes(wav(SOUND, stated) + wav(SOUND[:RATE], stated) + wav(-SOUND, stated))
    np.testing.assert_array_equal(read(path), np.concatenate([SOUND, SOUND[:RATE], -SOUND]))
    with open_audio(path) as opened:
        assert opened.seconds == 5.0


def test_recordings_of_different_formats_are_refused_with_the_formats(tmp_path):
    path = tmp_path / "sentences.wav"
    path.write_bytes(wav(SOUND) + wav(SOUND, rate=16_000))
    with pytest.raises(
        AudioFileError, match=r"2 recordings of different formats .24000 Hz, 1 channels, PCM_16 and 16000"
    ):
        read(path)


def test_a_header_across_two_blocks_of_reading_is_found(tmp_path):
    path, block = tmp_path / "long.wav", 1 << 20
    first = np.resize(SOUND, (block - 44 - 6) // 2)  # the second header begins 6 bytes before the boundary
    path.write_bytes(wav(first) + wav(SOUND))
    np.testing.assert_array_equal(read(path), np.concatenate([first, SOUND]))


def test_a_file_of_many_sentences_needs_few_open_files(tmp_path):
    path = tmp_path / "many.wav"
    path.write_bytes(b"".join(wav(SOUND[:100]) for _ in range(1500)))
    assert len(read(path)) == 150_000
