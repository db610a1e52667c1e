"""A video file: H.264 and AAC in mp4, or VP9, which may be transparent, and Opus in webm.

A file whose process is killed, or whose disk is full, plays up to the last two to three seconds: an mp4 is written in
fragments and becomes an ordinary one in `close`; a webm consists of clusters.
"""

import contextlib
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

SOUND_RATE = 48_000
KINDS = (".mp4", ".webm")
SMALLEST_SIDE, LARGEST_SIDE = 16, 4096  # pixels of a video
# One thread and a fast preset leave the CPU cores to the head.
_H264 = {"preset": "veryfast", "threads": "1"}
_VP9 = {"deadline": "realtime", "cpu-used": "8", "b:v": "0", "threads": "1"}
_VP9_OFFSET = 8  # VP9's rate factor (0 to 63) minus the H.264 one of similar quality


class PictureRefused(ValueError):
    """A picture that cannot be part of a video."""


class VideoFile:
    """Encodes pictures and sound as they are added; the file is complete after `close`.

    Args:
        path: file to write; its suffix is one of `KINDS`. Its folder is created.
        width, height: of the video, in pixels, even, `SMALLEST_SIDE` to `LARGEST_SIDE`.
        frame_rate: frames per second.
        quality: constant rate factor of H.264, 0 to 51; lower is better.
        layout: of the sound: "mono" or "stereo".
        transparent: the pictures have an alpha channel; webm only.

    Raises:
        OSError: the file cannot be written.
    """

    def __init__(
        self,
        path: Path,
        width: int,
        height: int,
        frame_rate: int,
        quality: int,
        layout: str,
        transparent: bool = False,
    ) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._size = (width, height)
        self._layout = layout
        self._pictures = self._samples = 0
        web = path.suffix == ".webm"
        self._format, self._channels = ("bgra", 4) if transparent else ("bgr24", 3)
        # Without `delay_moov` the delay of the encoder would shift all times. Without `flush_packets` up to 256 KiB,
        # many seconds of a small picture, would be lost with the process.
        options = {} if web else {"movflags": "hybrid_fragmented+delay_moov"}
        self._container = av.open(str(path), "w", options={**options, "flush_packets": "1"})
        self._video = self._container.add_stream("libvpx-vp9" if web else "libx264", rate=frame_rate)
        self._video.width, self._video.height = width, height
        self._video.pix_fmt = "yuva420p" if transparent else "yuv420p"
        rate_factor = quality + _VP9_OFFSET if web else quality
        encoder = _VP9 if web else _H264
        self._video.options = {**encoder, "crf": str(rate_factor), "g": str(2 * frame_rate)}
        self._audio = self._container.add_stream("libopus" if web else "aac", rate=SOUND_RATE, layout=layout)

    @property
    def pictures(self) -> int:
        """Number of pictures added."""
        return self._pictures

    def add_picture(self, picture: NDArray[np.uint8]) -> None:
        """Append a frame: (height, width, 3) BGR, or (height, width, 4) BGRA in a transparent file.

        A picture of another size than the video is scaled.

        Raises:
            PictureRefused: it is no such array.
            OSError: the file cannot be written, for instance because the disk is full.
        """
        try:
            frame = av.VideoFrame.from_ndarray(picture, format=self._format)
        except (ValueError, IndexError) as error:
            raise PictureRefused(
                f"a picture of shape {picture.shape} and type {picture.dtype} cannot be recorded ({error}); "
                f"accepted is uint8 (height, width, {self._channels})"
            ) from error
        if (frame.width, frame.height) != self._size:
            frame = frame.reformat(*self._size)
        frame.pts = self._pictures
        self._pictures += 1
        self._container.mux(self._video.encode(frame))

    def add_sound(self, samples: NDArray[np.float32]) -> None:
        """Append (channels, n) samples at `SOUND_RATE`, limited to -1 to 1: AAC cannot hold much more."""
        limited = np.ascontiguousarray(np.clip(samples, -1.0, 1.0))
        frame = av.AudioFrame.from_ndarray(limited, format="fltp", layout=self._layout)
        frame.sample_rate = SOUND_RATE
        frame.pts = self._samples
        self._samples += samples.shape[1]
        self._container.mux(self._audio.encode(frame))

    def close(self) -> None:
        """Flush the encoders and complete the file.

        Raises:
            OSError: the file cannot be written; what was written before plays.
        """
        try:
            for stream in (self._video, self._audio):
                with contextlib.suppress(av.error.EOFError):  # flushed by an earlier attempt
                    self._container.mux(stream.encode(None))
        finally:
            self._container.close()
