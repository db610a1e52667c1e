"""Pictures of the published model; implements `rendering.interfaces.Renderer`."""

from types import TracebackType
from typing import NoReturn

import cv2
import numpy as np
import torch
from torch import Tensor

from dystream_ros.face.motion import MotionFrame
from dystream_ros.models.released.fast.captured import CapturedGraph
from dystream_ros.models.released.fast.folded_renderer import FoldedRenderer
from dystream_ros.models.released.files.portrait import PortraitCodes
from dystream_ros.models.released.networks.autoencoder import Autoencoder, to_uint8
from dystream_ros.rendering.interfaces import Picture, PreparedView
from dystream_ros.rendering.portrait import Portrait
from dystream_ros.rendering.view import View

SOURCES = ("first", "portrait")


class ReleasedRenderer:
    """Draws one portrait from the latents of motions.

    Args:
        autoencoder: the published weights, copied.
        portrait: of the face to draw.
        width, height: of the pictures in pixels; the networks paint squares (512 x 512 as published), which are scaled.
        dtype: of the decoder's products, torch.float32 or torch.bfloat16.
        device: "cpu", "cuda", ...
        source: the motion that others are relative to: "first", the first one drawn, as the published renderer does,
            or "portrait", the portrait's own, as in training.
        graphs: run on a GPU as one graph, captured here within seconds.

    Raises:
        ValueError: an unknown source or dtype.
    """

    name = "released"

    def __init__(
        self,
        autoencoder: Autoencoder,
        portrait: PortraitCodes,
        width: int = 512,
        height: int = 512,
        dtype: torch.dtype = torch.float32,
        device: str = "cpu",
        source: str = "first",
        graphs: bool = True,
    ) -> None:
        if source not in SOURCES:
            raise ValueError(f"source is {source!r}; accepted are {', '.join(SOURCES)}")
        self.view = View(width, height)
        self.device = device
        self.network = FoldedRenderer(autoencoder, dtype).eval().to(device)
        self._volume = portrait.volume[None].to(device)
        self._code = portrait.code[None].to(device)
        self._from_portrait = source == "portrait"
        self._source, self._sourced = self._code.clone(), self._from_portrait
        self._target = self._code.clone()
        self._graph: CapturedGraph | None = None
        if graphs and self._volume.device.type == "cuda":
            with torch.inference_mode():
                self._graph = CapturedGraph(self._picture, self._volume.device)

    @torch.inference_mode()
    def render(self, motion: MotionFrame) -> Picture:
        """Picture uint8 (height, width, 3), BGR, top row first, of a motion's latent (512,).

        The named values and the head pose describe the same motion and are not read.

        Raises:
            ValueError: the latent has another length, or its numbers are not finite.
        """
        latent = np.asarray(motion.latent, np.float32)
        if latent.shape != self._code.shape[1:]:
            raise ValueError(f"this renderer draws latents of shape {tuple(self._code.shape[1:])}, got {latent.shape}")
        if not np.isfinite(latent).all():
            raise ValueError("this renderer draws finite latents; this one holds NaN or infinity")
        self._target.copy_(torch.from_numpy(latent)[None])
        if not self._sourced:
            self._source.copy_(self._target)
            self._sourced = True
        picture = (self._graph or self._picture)().cpu().numpy()
        if self.view.upright != picture.shape[1::-1]:
            smaller = self.view.upright < picture.shape[1::-1]
            scaling = cv2.INTER_AREA if smaller else cv2.INTER_CUBIC
            return np.asarray(cv2.resize(picture, self.view.upright, interpolation=scaling), np.uint8)
        return picture

    def prepare(self, portrait: Portrait, view: View) -> NoReturn:
        """Raises ValueError: portrait, framing and background are those of the model file's photo."""
        raise ValueError(
            "the model 'released' draws the whole picture of the portrait that its model file names: portrait, framing "
            "and background cannot change while it runs; change the model file and configure again"
        )

    def show(self, prepared: PreparedView) -> NoReturn:
        """Raises TypeError: this renderer prepares nothing."""
        raise TypeError(f"a {type(prepared).__name__} was prepared by another renderer than that of 'released'")

    def reset(self) -> None:
        """With the source "first": make the next motion the source."""
        self._sourced = self._from_portrait

    def _picture(self) -> Tensor:
        """Picture uint8 (size, size, 3), BGR, of the target, on the device."""
        image = self.network(self._volume, self._source, self._target)
        return to_uint8(image)[0].flip(0).permute(1, 2, 0).contiguous()

    def close(self) -> None:
        """Free the networks."""
        self._graph = None
        self.network.to("meta")

    def __enter__(self) -> "ReleasedRenderer":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
