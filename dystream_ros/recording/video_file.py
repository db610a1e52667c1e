"""A video file: H.264 pictures and AAC sound in mp4, or VP9, which may be transparent, and Opus in webm."""

from pathlib import Path

import av
import numpy as np

SOUND_RATE = 48_000
KINDS = (".mp4", ".webm")
# One thread and a fast preset: the head needs the cores more.
_H264 = {"preset": "veryfast", "threads": "1"}
_VP9 = {"deadline": "realtime", "cpu-used": "8", "b:v": "0", "threads": "1"}
_VP9_OFFSET = 8  # its rate factor, 0 to 63, for what looks like one of H.264


class VideoFile:
    """Written from the first picture on; `close` makes it complete.

    Args:
        path: file to write, of one of `KINDS`; anything else becomes mp4. Its folder is made.
        width, height: of the pictures, even.
        frame_rate: pictures a second.
        quality: constant rate factor of H.264, 0 to 51, lower is better.
        layout: "mono" or "stereo".
        transparent: pictures have an alpha channel; only webm can hold it.

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
        self._format = "bgra" if transparent else "bgr24"
        self._container = av.open(str(path), "w", options={} if web else {"movflags": "faststart"})
        self._video = self._container.add_stream("libvpx-vp9" if web else "libx264", rate=frame_rate)
        self._video.width, self._video.height = width, height
        self._video.pix_fmt = "yuva420p" if transparent else "yuv420p"
        rate_factor = quality + _VP9_OFFSET if web else quality
        self._video.options = (_VP9 if web else _H264) | {"crf": str(rate_factor), "g": str(2 * frame_rate)}
        self._audio = self._container.add_stream("libopus" if web else "aac", rate=SOUND_RATE, layout=layout)

    @property
    def pictures(self) -> int:
        """Written so far."""
        return self._pictures

    def add_picture(self, picture: np.ndarray) -> None:
        """uint8 (height, width, 3), BGR, or 4 with alpha where the file is transparent; scaled where its size differs
        from the first one's."""
        frame = av.VideoFrame.from_ndarray(picture, format=self._format)
        if (frame.width, frame.height) != self._size:
            frame = frame.reformat(*self._size)
        frame.pts = self._pictures
        self._pictures += 1
        self._container.mux(self._video.encode(frame))

    def add_sound(self, samples: np.ndarray) -> None:
        """Float32 (channels, n) at `SOUND_RATE`, -1 to 1."""
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(samples), format="fltp", layout=self._layout)
        frame.sample_rate = SOUND_RATE
        frame.pts = self._samples
        self._samples += samples.shape[1]
        self._container.mux(self._audio.encode(frame))

    def close(self) -> None:
        """Write what the encoders still hold, and the end of the file."""
        self._container.mux(self._video.encode(None))
        self._container.mux(self._audio.encode(None))
        self._container.close()
