"""Motion files, bags and videos give the frames that they hold, with the sound of the same instants."""

import csv

import av
import numpy as np
import pytest
import soundfile
from recorded_bags import EPOCH_NS, RATE, chunk, motion

from dystream_lab.corpus.video.tracks import pictures, voices
from dystream_lab.released.landmark_reader import Reading
from dystream_lab.sync.lips import CHANNELS, COEFFICIENTS, lips_of
from dystream_lab.sync.measure import Block
from dystream_lab.sync.mouths import cut_mouth, cut_square
from dystream_lab.sync.recordings import of_bag, of_motion_file
from dystream_lab.sync.rendered import through_video
from dystream_lab.sync.sound import sound_frames
from dystream_lab.sync.towers import MOUTH
from dystream_lab.sync.videos import Video
from dystream_ros.bags.reading import open_bag
from dystream_ros.bags.writing import BagWriter
from dystream_ros.face.arkit import ARKIT_INDEX, ARKIT_NAMES

SIZE = 64


def ramp(frames: int) -> np.ndarray:
    """Coefficients (frames, 52) whose jawOpen tells the frame."""
    values = np.zeros((frames, 52), np.float32)
    values[:, ARKIT_INDEX["jawOpen"]] = np.arange(frames) / 1000
    return values


def joined(blocks) -> Block:
    parts = list(blocks)
    return Block(np.concatenate([part.sound for part in parts]), np.concatenate([part.face for part in parts]))


def sound_of(path, seconds: float, rate: int = 16_000) -> np.ndarray:
    """Writes a sound whose frames of 40 ms have rising levels; returns it."""
    levels = np.repeat(np.arange(int(seconds * 25)) / 200, rate // 25)
    sound = (levels * np.sin(2 * np.pi * 440 * np.arange(len(levels)) / rate)).astype(np.float32)
    soundfile.write(path, sound, rate, subtype="FLOAT")
    return sound


def test_left_and_right_are_one_and_the_gap_does_not_depend_on_how_lips_close():
    values = np.zeros((3, 52), np.float32)
    values[0, ARKIT_INDEX["mouthPressLeft"]] = 0.6
    values[1:, ARKIT_INDEX["jawOpen"]] = 0.4
    values[2, ARKIT_INDEX["mouthClose"]] = 0.4
    lips = lips_of(values)
    assert lips.shape == (3, CHANNELS)
    assert lips[0, COEFFICIENTS.index("mouthPress")] == pytest.approx(0.3)
    assert not any(name.endswith(("Left", "Right")) for name in COEFFICIENTS)
    assert lips[1, -2] > 0.3
    assert lips[2, -2] < 0.05


@pytest.mark.parametrize("kind", ["npz", "csv", "recorder"])
def test_a_motion_file_gives_its_frames_and_its_sound(tmp_path, kind):
    values, path = ramp(300), tmp_path / f"motion.{kind.replace('recorder', 'csv')}"
    sound = sound_of(tmp_path / "motion.wav", 12)
    if kind == "npz":
        np.savez(path, names=np.array(ARKIT_NAMES), values=values)
    else:
        with path.open("w", newline="") as file:
            writer = csv.writer(file)
            header = ["stamp", "frame", *ARKIT_NAMES] if kind == "recorder" else ["frame", "seconds", *ARKIT_NAMES]
            writer.writerow(header)
            for number, row in enumerate(values):
                if kind == "recorder" and number == 150:
                    writer.writerow(header)  # as after a change of names
                writer.writerow([number, number, *row.tolist()])
    whole = joined(of_motion_file(path, tmp_path / "motion.wav"))
    np.testing.assert_allclose(whole.face, lips_of(values), atol=1e-6)
    np.testing.assert_allclose(whole.sound, sound, atol=1e-5)


def test_a_frame_that_was_not_recorded_is_that_before_it(tmp_path):
    lines = ["frame,jawOpen", "7,0.1", "8,0.2", "11,0.5"]
    (tmp_path / "motion.csv").write_text("\n".join(lines) + "\n")
    sound_of(tmp_path / "motion.wav", 1)
    jaw = joined(of_motion_file(tmp_path / "motion.csv", tmp_path / "motion.wav")).face[
        :, COEFFICIENTS.index("jawOpen")
    ]
    np.testing.assert_allclose(jaw, [0.1, 0.2, 0.2, 0.2, 0.5], atol=1e-6)


def test_motion_after_a_long_gap_is_beside_its_own_sound(tmp_path):
    (tmp_path / "motion.csv").write_text("frame,jawOpen\n0,0.1\n1000,0.5\n")
    sound_of(tmp_path / "motion.wav", 50)
    whole = joined(of_motion_file(tmp_path / "motion.csv", tmp_path / "motion.wav"))
    jaw = whole.face[:, COEFFICIENTS.index("jawOpen")]
    assert len(jaw) == 1001
    assert np.flatnonzero(jaw > 0.3).tolist() == [1000]


def test_a_number_of_a_frame_that_is_damaged_does_not_hang(tmp_path):
    (tmp_path / "motion.csv").write_text("frame,jawOpen\n0,0.1\n900000000000,0.5\n")
    sound_of(tmp_path / "motion.wav", 1)
    assert joined(of_motion_file(tmp_path / "motion.csv", tmp_path / "motion.wav")).frames == 25


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("frame,roll\n0,1\n", "has none of the coefficients of ARKit, such as jawOpen"),
        ("frame,jawOpen\n", "has no frames"),
        ("frame,jawOpen\n0,0.1\n1,wide\n", r"has a damaged row \(1,wide\)"),
        ("frame,jawOpen\n0,0.1\n1.5,0.2\n", r"has a damaged row \(1\.5,0\.2\)"),
    ],
)
def test_a_table_that_is_no_motion_is_refused(tmp_path, text, error):
    (tmp_path / "motion.csv").write_text(text)
    sound_of(tmp_path / "motion.wav", 1)
    with pytest.raises(ValueError, match=error):
        joined(of_motion_file(tmp_path / "motion.csv", tmp_path / "motion.wav"))


def test_a_bag_gives_the_sound_of_the_stamps_of_its_motion(tmp_path):
    """The motion is published 100 ms after its sound, begins 1 s later, and its clock jumps once."""
    levels = np.repeat(np.arange(150) * 200, 640).astype(np.int16)
    with BagWriter(tmp_path / "visit", "mcap") as writer:
        events = []
        for first in range(0, len(levels), 320):
            stamp = EPOCH_NS + round(first / RATE * 1e9)
            events.append(
                (stamp + 20_000_000, "/self/audio", "AudioChunk", (levels[first : first + 320], first, stamp))
            )
        for frame in [*range(25, 60), *range(100, 140)]:
            stamp = EPOCH_NS + frame * 40_000_000
            events.append((stamp + 140_000_000, "/face/motion", "FaceMotion", (frame, stamp, frame / 1000)))
        for recorded, topic, kind, content in sorted(events, key=lambda each: each[0]):
            writer.add_topic(topic, f"dystream_ros/msg/{kind}")
            made = chunk(writer, *content) if kind == "AudioChunk" else motion(writer, *content)
            writer.write(topic, recorded, made)
    with open_bag(tmp_path / "visit") as bag:
        parts = list(of_bag(bag, "/face/motion", "/self/audio"))
    assert [part.frames for part in parts if part.cut] == [parts[0].frames]  # 40 missing frames are held, not cut
    whole = joined(parts)
    assert len(whole.face) == 115
    frames = np.arange(25, 140)
    jaw = whole.face[:, COEFFICIENTS.index("jawOpen")]
    held = np.where((frames >= 60) & (frames < 100), 59, frames)
    np.testing.assert_allclose(jaw, held / 1000, atol=1e-6)
    np.testing.assert_allclose(whole.sound.reshape(-1, 640)[:, 320] * 32768, frames * 200, atol=2)


class Detector:
    """A face whose nose and eyes are in fixed places, in pictures that are not black."""

    def __init__(self) -> None:
        self.times = 0
        self.landmarks = np.zeros((478, 3))
        for index, place in ((33, (20, 20)), (263, (44, 20)), (168, (32, 20)), (2, (32, 34))):
            self.landmarks[index, :2] = place

    def __call__(self, picture):
        self.times += 1
        if picture.mean() < 20:
            return None
        return Reading(np.full(52, picture.mean() / 255), np.eye(4), float(picture.mean()) / 255, self.landmarks)


def video(path, fps: int, seconds: float, brightness, begin: float = 0.0, rate: int = 48_000, channels: int = 1):
    """A video whose pictures are as bright as `brightness(time)`; its sound is as loud, and begins at `begin`."""
    with av.open(str(path), "w") as container:
        shown = container.add_stream("ffv1", rate=fps)
        shown.width = shown.height = SIZE
        shown.pix_fmt = "bgr0"
        heard = container.add_stream("flac" if path.suffix == ".mkv" else "aac", rate=rate)
        heard.layout = "mono" if channels == 1 else "stereo"
        for number in range(int(fps * seconds)):
            grey = np.full((SIZE, SIZE, 3), round(brightness((number + 0.5) / fps)), np.uint8)
            container.mux(shown.encode(av.VideoFrame.from_ndarray(grey, format="bgr24")))
        container.mux(shown.encode(None))
        time = begin + np.arange(int((seconds - begin) * rate)) / rate
        level = np.array([brightness(each) for each in (np.floor(time * 25) + 0.5) / 25]) / 512
        planes = np.repeat((level * np.pi / 2 * np.sin(2 * np.pi * 500 * time))[None], channels, 0).astype(np.float32)
        planes[1:] = 0.0
        frame = av.AudioFrame.from_ndarray(
            np.round(planes.T.reshape(1, -1) * 32767).astype(np.int16), "s16", heard.layout.name
        )
        frame.sample_rate, frame.pts = rate, round(begin * rate)
        container.mux(heard.encode(frame))
        container.mux(heard.encode(None))
    return path


def slope(time: float) -> float:
    return 60 + 30 * time


@pytest.mark.parametrize("fps", [15, 25, 30, 60])
def test_pictures_and_sound_of_a_video_are_those_of_the_same_instant(tmp_path, fps):
    made = video(tmp_path / "talk.mkv", fps, 6, slope, begin=0.5)
    detector = Detector()
    whole = joined(Video(made, detector).mouths())
    middles = (np.arange(len(whole.face)) + 0.5) / 25
    assert len(whole.face) == pytest.approx(150, abs=1)
    np.testing.assert_allclose(255 * whole.face[:, 20, 20], slope(middles), atol=15 / fps + 0.6)
    loud = 512 * np.abs(whole.sound.reshape(-1, 640)).mean(1)
    assert loud[:12].max() < 5
    np.testing.assert_allclose(loud[15:-1], slope(middles[15:-1]), atol=0.9)
    assert detector.times <= min(150, 6 * fps)


def test_frames_without_a_face_are_not_a_number(tmp_path):
    made = video(tmp_path / "talk.mkv", 25, 4, lambda time: 0 if 1.0 < time < 2.0 else 120)
    read = Video(made, Detector())
    missing = np.isnan(joined(read.mouths()).face).any((1, 2))
    assert np.flatnonzero(missing).tolist() == list(range(25, 50))
    lips = joined(read.lips())
    assert lips.face.shape == (len(missing), CHANNELS)
    assert np.isnan(lips.face[30:45]).all()
    assert not np.isnan(lips.face[:24]).any()


def test_a_fixed_square_needs_no_landmarker(tmp_path):
    made = video(tmp_path / "robot.mkv", 25, 1, slope)
    whole = joined(Video(made, None, square=(0.5, 0.7, 0.4)).mouths())
    assert not np.isnan(whole.face).any()
    assert not list(Video(made, None, square=(0.5, 0.7, 0.4)).lips())


def test_a_channel_of_the_sound_is_chosen(tmp_path):
    made = video(tmp_path / "both.mkv", 25, 1, slope, channels=2)
    loud = [np.abs(np.concatenate(list(sound_frames(made, channel)))).max() for channel in (0, 1, -1)]
    assert loud[1] == 0.0
    assert loud[2] == pytest.approx(loud[0] / 2, rel=0.01)
    with pytest.raises(ValueError, match="channel 2 was asked for, it has 2"):
        list(sound_frames(made, 2))


def test_a_mouth_is_cut_upright_and_of_one_size():
    picture = np.zeros((400, 400, 3), np.uint8)
    landmarks = np.zeros((478, 2))
    for turn in (0.0, 0.4):
        for size in (40.0, 180.0):
            across = size * np.array([np.cos(turn), np.sin(turn)])
            down = 0.6 * size * np.array([-np.sin(turn), np.cos(turn)])
            bridge = np.array([200.0, 120.0])
            landmarks[33], landmarks[263], landmarks[168], landmarks[2] = (
                bridge - across / 2, bridge + across / 2, bridge, bridge + down,
            )  # fmt: skip
            picture[:] = 30
            mouth = bridge + 1.5 * down
            reach = max(1, round(size / 10))
            rows, columns = np.mgrid[:400, :400]
            picture[np.hypot(rows - mouth[1], columns - mouth[0]) <= reach] = 220
            cut = cut_mouth(picture, landmarks)
            bright = np.argwhere(cut > 125)
            assert cut.shape == (MOUTH, MOUTH)
            np.testing.assert_allclose(bright.mean(0), MOUTH / 2, atol=1.5)
            assert np.ptp(bright, axis=0) == pytest.approx([MOUTH / 5] * 2, abs=3.5)


def test_a_square_at_the_border_of_a_picture_is_filled():
    picture = np.full((100, 200, 3), 90, np.uint8)
    assert (cut_square(picture, (0.95, 0.95, 0.5)) == 90).all()


@pytest.mark.parametrize("codec", ["libx264", "mpeg4", "libvpx", "mjpeg", "none"])
def test_a_codec_changes_pictures_but_neither_their_number_nor_their_order(codec):
    shown = [np.full((SIZE, SIZE, 3), 20 + 6 * number, np.uint8) for number in range(30)]
    decoded = list(through_video(iter(shown), codec, 0.5))
    assert len(decoded) == 30
    levels = [picture.mean() for picture in decoded]
    np.testing.assert_allclose(levels, [20 + 6 * number for number in range(30)], atol=9)


def test_pictures_are_read_in_the_middle_of_their_display(tmp_path):
    times = [time for time, _ in pictures(video(tmp_path / "talk.mkv", 25, 1, slope))]
    np.testing.assert_allclose(times, (np.arange(25) + 0.5) / 25, atol=1e-3)


def early(path, begin: float = -0.5, rate: int = 16_000):
    """A file whose sound begins half a second before its time 0, in packets of 50 ms, and is a tone from 0 on."""
    time = begin + np.arange(2 * rate) / rate
    tone = np.round(10_000 * np.sin(2 * np.pi * 500 * time) * (time >= 0)).astype(np.int16)
    with av.open(str(path), "w", options={"avoid_negative_ts": "disabled"}) as container:
        stream = container.add_stream("pcm_s16le", rate=rate, layout="stereo")
        for first in range(0, len(tone), rate // 20):
            part = np.repeat(tone[first : first + rate // 20], 2)[None]
            frame = av.AudioFrame.from_ndarray(part, "s16", "stereo")
            frame.sample_rate, frame.pts = rate, first + round(begin * rate)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def test_sound_before_the_first_picture_is_not_heard_however_long_it_is(tmp_path):
    made = early(tmp_path / "cut.mkv")
    score = np.concatenate(list(sound_frames(made)))
    own, other = voices(made)
    assert len(own) == 24_000
    assert len(score) == 24_000 // 640 * 640
    for heard in (score, own, other):
        assert np.abs(heard[:160]).max() > 0.2
