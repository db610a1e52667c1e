"""Errors of streaming and rounding of the published model, relative to its own offline inference.

Motions are compared frame by frame, each frame given the offline history, so that errors do not accumulate. With the
renderer's weights, the 64 coordinates that affect the picture are compared.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from dystream_lab.released.distillation import StreamingEncoder, feature_error, frame_features
from dystream_ros.models.released.fast.folded_renderer import FoldedRenderer
from dystream_ros.models.released.networks.autoencoder import Autoencoder
from dystream_ros.models.released.networks.configuration import HOP
from dystream_ros.models.released.networks.generator import MotionGenerator
from dystream_ros.models.released.networks.wav2vec2 import encode_utterance
from dystream_ros.models.released.streaming.offline import encode_conversation
from dystream_ros.models.released.streaming.stepper import MotionStepper
from dystream_ros.models.released.streaming.window_encoder import WindowEncoder

LOOKAHEADS_MS = (0, 20, 40, 60, 80, 100, 140, 200)
WINDOWS_S = (0.64, 0.96, 1.28, 1.92, 2.56, 3.84)
WARM_UP = 25  # frames of a conversation that are not compared


@dataclass(frozen=True)
class Row:
    """One line of a table.

    Attributes:
        table: "floor", "lookahead", "window", "student" or "precision".
        setting: the varied setting, in words.
        features: relative error of the self party's features; the mean feature has an error of 1. None if not measured.
        motion: relative error of the motion's coordinates, in the same unit. None if not measured.
        picture: mean absolute error of the picture, 0 to 255. None if not measured.
    """

    table: str
    setting: str
    features: float | None = None
    motion: float | None = None
    picture: float | None = None


class Study:
    """One conversation and its offline motions, the reference of all comparisons.

    Args:
        generator: the published weights.
        self_audio, other_audio: float32 (samples,) of each party, 16 kHz, as long as each other.
        anchor: (motion,).
        autoencoder: gives coordinates and pictures; without it the motion itself is compared.
        seed: of the noise.
    """

    def __init__(
        self,
        generator: MotionGenerator,
        self_audio: np.ndarray,
        other_audio: np.ndarray,
        anchor: Tensor,
        autoencoder: Autoencoder | None = None,
        seed: int = 0,
    ) -> None:
        self.generator, self.autoencoder = generator, autoencoder
        self.device = anchor.device
        self.audio = [torch.from_numpy(track)[None].to(self.device) for track in (self_audio, other_audio)]
        self.anchor = anchor
        draws = torch.Generator().manual_seed(seed)
        size, history = generator.config.motion, generator.config.history
        with torch.inference_mode():
            padded = encode_conversation(generator, *(track[0] for track in self.audio))
            self.before = [part[:, :history] for part in padded]
            self.features = [part[:, history:] for part in padded]
            self.frames = self.features[0].shape[1]
            self.noise = torch.randn(self.frames, size, generator=draws).to(self.device)
            self.motions = self._motions(self._stepper(torch.float32), self.features, None)
        if autoencoder is None:
            self.weight, self.bias = torch.eye(size, device=self.device), torch.zeros(size, device=self.device)
        else:
            self.weight, self.bias = (part.to(self.device) for part in autoencoder.flow_estimator.affine())

    def _stepper(self, dtype: torch.dtype) -> MotionStepper:
        return MotionStepper(self.generator, dtype=dtype).to(self.device)

    def _motions(self, stepper: MotionStepper, features: list[Tensor], given: Tensor | None) -> Tensor:
        """Motions (T, motion) of features (1, T, width) per party; with the history `given`, or in free running."""
        state, motions = stepper.start(self.anchor[None], *self.before), []
        for frame in range(features[0].shape[1]):
            newest = [part[:, frame] for part in features]
            motion, state = stepper.step(state, *newest, self.noise[frame, None])
            motions.append(motion)
            state = stepper.remember(state, motion if given is None else given[frame, None])
        return torch.cat(motions)

    @torch.inference_mode()
    def motion_error(self, features: list[Tensor], dtype: torch.dtype = torch.float32) -> float:
        """Relative error of motions from other features or in another precision, given the offline history."""
        frames = features[0].shape[1]
        motions = self._motions(self._stepper(dtype), features, self.motions)
        return self.apart(motions, self.motions[:frames])

    def apart(self, motions: Tensor, exact: Tensor) -> float:
        """Rms difference of coordinates relative to the standard deviation of the exact ones."""
        wrong = ((motions - exact) @ self.weight.T)[WARM_UP:]
        varying = (exact @ self.weight.T)[WARM_UP:]
        return float((wrong.square().mean() / (varying - varying.mean(0)).square().mean()).sqrt())

    @torch.inference_mode()
    def averaged(self) -> list[Tensor]:
        """Two-sided features of both parties; the two features of each frame are averaged."""
        generator, history = self.generator, self.generator.config.history
        encoders = (generator.audio_encoder_face, generator.audio_encoder_face_other)
        padded = [torch.nn.functional.pad(track, (HOP * history, 0)) for track in self.audio]
        return [
            encode_utterance(encoder, track).unflatten(1, (-1, 2)).mean(2)[:, history:]
            for encoder, track in zip(encoders, padded, strict=True)
        ]

    def streamed(self, encoders: tuple[StreamingEncoder, StreamingEncoder]) -> list[Tensor]:
        """Features of both parties from streaming encoders."""
        return [
            frame_features(encoder.to(self.device), audio, encoder.ahead)
            for encoder, audio in zip(encoders, self.audio, strict=True)
        ]

    def row(self, table: str, setting: str, encoders: tuple[StreamingEncoder, StreamingEncoder]) -> Row:
        """The row of a pair of streaming encoders."""
        moved = self.motion_error(self.streamed(encoders))
        own = self.audio[0].cpu().numpy()
        error = feature_error(encoders[0], self.generator.audio_encoder_face, own)
        return Row(table, setting, features=error, motion=moved)

    def _window_encoders(self, lookahead_ms: int, window: float) -> tuple[WindowEncoder, WindowEncoder]:
        arguments = (16 * lookahead_ms, round(50 * window))
        generator = self.generator
        return (
            WindowEncoder(generator.audio_encoder_face, *arguments),
            WindowEncoder(generator.audio_encoder_face_other, *arguments),
        )

    def rows(self, students: tuple[StreamingEncoder, StreamingEncoder] | None = None) -> Iterator[Row]:
        """Yields every row of every table."""
        # The error without any truncation: the published interpolation drifts over an utterance.
        yield Row("floor", "two-sided, a frame's two features averaged", motion=self.motion_error(self.averaged()))
        for lookahead in LOOKAHEADS_MS:
            yield self.row("lookahead", f"{lookahead} ms", self._window_encoders(lookahead, WINDOWS_S[-1]))
        for window in WINDOWS_S:
            yield self.row("window", f"{window:.2f} s", self._window_encoders(60, window))
        if students is not None:
            yield self.row("student", f"{20 * students[0].ahead} ms", students)
        yield from self.precision()

    @torch.inference_mode()
    def precision(self) -> Iterator[Row]:
        """bfloat16 relative to float32: one frame, free running, and the picture."""
        rounded = self._stepper(torch.bfloat16)
        yield Row("precision", "one frame, offline history", motion=self.motion_error(self.features, torch.bfloat16))
        free = self.apart(self._motions(rounded, self.features, None), self.motions)
        yield Row("precision", "free running", motion=free)
        if self.autoencoder is not None:
            yield Row("precision", "picture", picture=self._picture_error())

    def _picture_error(self, pictures: int = 3) -> float:
        """Mean absolute difference in levels of 255 over a few motions, on a volume of noise."""
        exact, rounded = (
            FoldedRenderer(self.autoencoder, dtype).to(self.device) for dtype in (torch.float32, torch.bfloat16)
        )
        volume = torch.randn(1, 32, 16, 64, 64, generator=torch.Generator().manual_seed(0)).to(self.device)
        source, errors = self.motions[:1], []
        for index in np.linspace(0, self.frames - 1, pictures).astype(int):
            target = self.motions[index : index + 1]
            difference = exact(volume, source, target) - rounded(volume, source, target)
            errors.append(float(difference.abs().mean()) * 127.5)
        return float(np.mean(errors))


def markdown(rows: list[Row]) -> str:
    """The rows as one Markdown table."""

    def cell(value: float | None) -> str:
        return "" if value is None else f"{value:.3f}"

    lines = ["| table | setting | features | motion (64 directions) | picture (levels) |", "|---|---|---|---|---|"]
    lines += [
        f"| {row.table} | {row.setting} | {cell(row.features)} | {cell(row.motion)} | {cell(row.picture)} |"
        for row in rows
    ]
    return "\n".join(lines) + "\n"
