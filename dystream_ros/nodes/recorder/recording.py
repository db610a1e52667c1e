"""Joins the tracks of a conversation into a video file, by their time stamps; what a recorder does without ROS."""

import time
from pathlib import Path

import numpy as np

from dystream_ros.audio.block import AudioBlock
from dystream_ros.nodes.parameters import RecorderSettings
from dystream_ros.recording.picture_track import PictureTrack
from dystream_ros.recording.sound_track import SECOND_NS, SoundTrack
from dystream_ros.recording.video_file import SOUND_RATE, VideoFile

PARTIES = ("self", "other")

# Without a new picture for so long the video goes on with the last one, as far as there is sound.
_PICTURES_STOPPED = 5.0
# Share of each party that is heard on (left, right), or in the middle.
_MIX = {
    "mix": {"self": np.array([[0.8]], np.float32), "other": np.array([[0.8]], np.float32)},
    "stereo": {"self": np.array([[1.0], [0.0]], np.float32), "other": np.array([[0.0], [1.0]], np.float32)},
}
_LAYOUT = {"mix": "mono", "stereo": "stereo"}


class Recording:
    """A video that begins with the first picture. Everything is called from one thread.

    Attributes:
        repeated: pictures that stand in for missing ones.
    """

    def __init__(self, settings: RecorderSettings) -> None:
        self._settings = settings
        self._video: VideoFile | None = None
        self._pictures: PictureTrack | None = None
        self._sounds: dict[str, SoundTrack] = {}
        self._early: list[tuple[str, AudioBlock, int]] = []
        self._start_ns = self._newest_ns = self._sound_ns = 0
        self._picture_came = 0.0

    @property
    def begun(self) -> bool:
        """Whether there was a picture."""
        return self._video is not None

    @property
    def pictures(self) -> int:
        """Written so far."""
        return self._video.pictures if self._video is not None else 0

    @property
    def repeated(self) -> int:
        return self._pictures.repeated if self._pictures is not None else 0

    def ended(self, parties: set[str]) -> bool:
        """Whether all these parties, and all that were heard, have ended, and the pictures have reached that end."""
        heard = {party for party, sound in self._sounds.items() if sound.heard}
        if not heard or not parties <= heard or not all(self._sounds[party].ended for party in heard):
            return False
        return self._newest_ns + self._period_ns >= self._sound_ns or self._pictures_stopped()

    @property
    def full(self) -> bool:
        """Whether the asked duration is there."""
        return self.begun and 0 < self._settings.duration * SECOND_NS <= self._newest_ns - self._start_ns

    def add_picture(self, stamp_ns: int, picture: np.ndarray) -> None:
        """uint8 (height, width, 3), BGR; the first one opens the file."""
        if self._video is None:
            self._begin(stamp_ns, picture)
        self._pictures.push(stamp_ns, picture)
        self._newest_ns = max(self._newest_ns, stamp_ns)
        self._picture_came = time.monotonic()

    def add_sound(self, party: str, block: AudioBlock, arrival_ns: int) -> None:
        """A block of "self" or "other" that arrived at this ROS time.

        Raises:
            AudioRejected: it cannot be used.
        """
        if self._video is None:
            self._early.append((party, block, arrival_ns))
            # A head that shows nothing for long: only the newest sound can still be needed.
            del self._early[:-10_000]
            return
        sound = self._sounds[party]
        sound.push(block, arrival_ns)
        self._sound_ns = max(self._sound_ns, sound.end_ns)

    def advance(self) -> None:
        """Write what is old enough that nothing can come before it."""
        if self.begun:
            newest_ns = max(self._newest_ns, self._sound_ns) if self._pictures_stopped() else self._newest_ns
            self._write_until(newest_ns - round(self._settings.reorder * SECOND_NS))

    def close(self) -> None:
        """Write the rest and complete the file."""
        if self._video is None:
            return
        end_ns = self._newest_ns + self._period_ns
        if self.ended(set()):
            end_ns = max(end_ns, self._sound_ns)
        self._write_until(end_ns)
        self._video.close()

    @property
    def _period_ns(self) -> int:
        return SECOND_NS // self._settings.frame_rate

    def _pictures_stopped(self) -> bool:
        return time.monotonic() - self._picture_came > _PICTURES_STOPPED

    def _begin(self, stamp_ns: int, picture: np.ndarray) -> None:
        height, width = (size - size % 2 for size in picture.shape[:2])
        settings = self._settings
        path, layout = Path(settings.output), _LAYOUT[settings.sound]
        self._video = VideoFile(path, width, height, settings.frame_rate, settings.quality, layout)
        self._start_ns = self._newest_ns = stamp_ns
        self._pictures = PictureTrack(stamp_ns, settings.frame_rate)
        self._sounds = {party: SoundTrack(stamp_ns, SOUND_RATE) for party in PARTIES}
        early, self._early = self._early, []
        for party, block, arrival_ns in early:
            self.add_sound(party, block, arrival_ns)

    def _write_until(self, end_ns: int) -> None:
        if self._settings.duration:
            end_ns = min(end_ns, self._start_ns + round(self._settings.duration * SECOND_NS))
        for picture in self._pictures.take_until(end_ns):
            self._video.add_picture(picture)
        # The sound follows the pictures written, so that both end together.
        end_ns = self._start_ns + self._video.pictures * SECOND_NS // self._settings.frame_rate
        mixed = None
        for party in PARTIES:
            part = _MIX[self._settings.sound][party] * self._sounds[party].take_until(end_ns)[None]
            mixed = part if mixed is None else mixed + part
        if mixed.size:
            self._video.add_sound(np.clip(mixed, -1.0, 1.0))
