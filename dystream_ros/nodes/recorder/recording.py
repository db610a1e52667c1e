"""Joins the tracks of a conversation into a video file by their time stamps. Needs no ROS."""

import contextlib
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dystream_ros.audio.block import AudioBlock, AudioRejected
from dystream_ros.nodes.parameters import RecorderSettings
from dystream_ros.recording.picture_track import PictureTrack
from dystream_ros.recording.sound_track import SECOND_NS, SoundTrack
from dystream_ros.recording.time_line import TimeLine
from dystream_ros.recording.video_file import LARGEST_SIDE, SMALLEST_SIDE, SOUND_RATE, PictureRefused, VideoFile
from dystream_ros.rendering.interfaces import Picture

PARTIES = ("self", "other")

# Without a new picture for this long, the video continues with the last one for as long as there is sound.
_PICTURE_TIMEOUT = 5.0  # s
# Sound kept before the first picture; only the newest can still be needed.
_EARLY_BYTES = 32_000_000
# Pictures that wait for late ones; more are written before `reorder` has passed.
_WAITING_BYTES = 256_000_000
# Frames written at once, so that messages are received and a request to stop is seen during a long repetition.
_FRAMES_AT_ONCE = 50
_CHANNEL_LAYOUTS = {"mix": "mono", "stereo": "stereo"}
# Gain of each party, (channels, 1).
_GAINS: dict[str, dict[str, NDArray[np.float32]]] = {
    "mix": {"self": np.array([[0.8]], np.float32), "other": np.array([[0.8]], np.float32)},
    "stereo": {"self": np.array([[1.0], [0.0]], np.float32), "other": np.array([[0.0], [1.0]], np.float32)},
}


@dataclass(frozen=True)
class _Tracks:
    """The file and its tracks, created with the first picture.

    Attributes:
        start_ns: stamp of the first picture.
        line: the instants of stamps.
        video: the output file.
        pictures: frames by their stamps.
        sounds: sound of each party.
    """

    start_ns: int
    line: TimeLine
    video: VideoFile
    pictures: PictureTrack[Picture]
    sounds: dict[str, SoundTrack]


class Recording:
    """A video that starts with the first picture; all methods are called from one thread.

    Args:
        settings: of the recorder.
        changed: called with the reason when the video continues at other stamps (see `TimeLine`).
    """

    def __init__(self, settings: RecorderSettings, changed: Callable[[str], None] = lambda reason: None) -> None:
        self._settings = settings
        self._changed = changed
        self._tracks: _Tracks | None = None
        # Party, block, arrival in ROS time, arrival on the steady clock.
        self._early: deque[tuple[str, AudioBlock, int, float]] = deque()
        self._early_bytes = 0
        self._newest_picture_ns = self._sound_end_ns = 0
        self._picture_arrived = 0.0
        self.stamps_ignored = 0

    @property
    def started(self) -> bool:
        """Whether a picture was added."""
        return self._tracks is not None

    @property
    def pictures(self) -> int:
        """Frames written."""
        return self._tracks.video.pictures if self._tracks is not None else 0

    @property
    def repeated(self) -> int:
        """Frames written that show the picture before, since their own is missing."""
        return self._tracks.pictures.repeated if self._tracks is not None else 0

    @property
    def full(self) -> bool:
        """Whether the pictures span the duration of the settings; repeated ones too, where the sound went on alone."""
        duration = self._settings.duration
        if self._tracks is None or not duration:
            return False
        spanned_ns = self._newest_picture_ns - self._tracks.start_ns
        return spanned_ns >= duration * SECOND_NS or self.pictures >= duration * self._settings.frame_rate

    def ended(self, parties: set[str]) -> bool:
        """Whether the audio of these parties and of all that have started has ended, and the pictures reach its end."""
        if self._tracks is None:
            return False
        started = {party: sound for party, sound in self._tracks.sounds.items() if sound.started}
        if not started or not parties <= started.keys() or not all(sound.ended for sound in started.values()):
            return False
        return self._newest_picture_ns + self._period_ns >= self._sound_end_ns or self._pictures_stopped()

    def add_picture(self, stamp_ns: int, picture: Picture) -> None:
        """Add (height, width, 3), BGR; the first picture opens the file.

        Raises:
            PictureRefused, StampRefused: the picture, or its stamp, cannot be used; the recording goes on.
            OSError: the file cannot be written.
        """
        height, width = picture.shape[:2]
        if not SMALLEST_SIDE <= min(height, width) <= max(height, width) <= LARGEST_SIDE:
            raise PictureRefused(
                f"a picture of {width}x{height} pixels cannot be recorded; accepted are {SMALLEST_SIDE} to "
                f"{LARGEST_SIDE} on each side"
            )
        tracks = self._tracks or self._start(stamp_ns, picture)
        instant_ns = tracks.line.picture(stamp_ns)
        tracks.pictures.push(instant_ns, picture)
        self._newest_picture_ns = max(self._newest_picture_ns, instant_ns)
        self._picture_arrived = time.monotonic()
        most = max(2, _WAITING_BYTES // picture.nbytes)
        if tracks.pictures.waiting > most:
            self._write_until(tracks, tracks.pictures.instant(tracks.pictures.waiting - most))

    def add_sound(self, party: str, block: AudioBlock, arrival_ns: int) -> None:
        """Add a block of "self" or "other" that arrives now, at this ROS time.

        Raises:
            AudioRejected: the block cannot be used.
        """
        if self._tracks is not None:
            self._place_sound(self._tracks, party, block, arrival_ns, time.monotonic())
            return
        self._early.append((party, block, arrival_ns, time.monotonic()))
        self._early_bytes += block.data.nbytes
        while self._early_bytes > _EARLY_BYTES:
            self._early_bytes -= self._early.popleft()[1].data.nbytes

    def advance(self) -> None:
        """Write pictures and sound that are older than `reorder`; older messages are no longer expected."""
        tracks = self._tracks
        if tracks is None:
            return
        newest_ns = self._newest_picture_ns
        if self._pictures_stopped():
            newest_ns = max(newest_ns, min(self._sound_end_ns, tracks.line.now_ns()))
            tracks.line.advance(newest_ns)
        written_ns = tracks.start_ns + tracks.video.pictures * SECOND_NS // self._settings.frame_rate
        end_ns = newest_ns - round(self._settings.reorder * SECOND_NS)
        self._write_until(tracks, min(end_ns, written_ns + _FRAMES_AT_ONCE * self._period_ns))

    def close(self) -> None:
        """Write the rest and complete the file.

        Raises:
            OSError: the file cannot be written; what was written before plays.
        """
        tracks = self._tracks
        if tracks is None:
            return
        end_ns = self._newest_picture_ns + self._period_ns
        if self.ended(set()):
            end_ns = max(end_ns, self._sound_end_ns)
        try:
            self._write_until(tracks, end_ns)
        finally:
            tracks.video.close()

    @property
    def _period_ns(self) -> int:
        return SECOND_NS // self._settings.frame_rate

    def _pictures_stopped(self) -> bool:
        return time.monotonic() - self._picture_arrived > _PICTURE_TIMEOUT

    def _start(self, stamp_ns: int, picture: Picture) -> _Tracks:
        height, width = (size - size % 2 for size in picture.shape[:2])
        settings = self._settings
        self._tracks = tracks = _Tracks(
            stamp_ns,
            TimeLine(stamp_ns, self._changed),
            VideoFile(
                Path(settings.output).expanduser(),
                width,
                height,
                settings.frame_rate,
                settings.quality,
                _CHANNEL_LAYOUTS[settings.sound],
            ),
            PictureTrack(stamp_ns, settings.frame_rate),
            {party: SoundTrack(stamp_ns, SOUND_RATE) for party in PARTIES},
        )
        self._newest_picture_ns = stamp_ns
        early, self._early = self._early, deque()
        for party, block, arrival_ns, arrived in early:
            # A damaged block of the time before the video is no reason to report anything.
            with contextlib.suppress(AudioRejected):
                self._place_sound(tracks, party, block, arrival_ns, arrived)
        return tracks

    def _place_sound(self, tracks: _Tracks, party: str, block: AudioBlock, arrival_ns: int, arrived: float) -> None:
        """Add a block at its stamp; without a plausible one, after the block before or at its arrival."""
        instant = tracks.line.sound(block.stamp_ns, arrived) if block.stamp_ns else None
        self.stamps_ignored += bool(block.stamp_ns) and instant is None
        sound = tracks.sounds[party]
        sound.push(replace(block, stamp_ns=instant), tracks.line.sound_arrival(arrival_ns, arrived))
        self._sound_end_ns = max(self._sound_end_ns, sound.end_ns)

    def _write_until(self, tracks: _Tracks, end_ns: int) -> None:
        settings = self._settings
        if settings.duration:
            end_ns = min(end_ns, tracks.start_ns + round(settings.duration * SECOND_NS))
        for picture in tracks.pictures.take_until(end_ns):
            tracks.video.add_picture(picture)
        # The sound follows the pictures written, so that both end together.
        sound_end_ns = tracks.start_ns + tracks.video.pictures * SECOND_NS // settings.frame_rate
        own, other = (
            _GAINS[settings.sound][party] * tracks.sounds[party].take_until(sound_end_ns)[None] for party in PARTIES
        )
        mixed = own + other
        if mixed.size:
            tracks.video.add_sound(np.clip(mixed, -1.0, 1.0))
