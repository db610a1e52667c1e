"""The published model, ready for sessions."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from dystream_ros.engine.interfaces import Samples, SessionBatch
from dystream_ros.face.motion import MotionFrame, MotionLayout, neutral_frame
from dystream_ros.models.guidance import Guidance
from dystream_ros.models.noise import NormalNoise
from dystream_ros.models.released.fast.dense import pack
from dystream_ros.models.released.files.readout import Readout, layout_of
from dystream_ros.models.released.networks.configuration import HOP
from dystream_ros.models.released.networks.generator import MotionGenerator
from dystream_ros.models.released.networks.sampling import PUBLISHED_GUIDANCE
from dystream_ros.models.released.networks.wav2vec2 import Wav2Vec2Encoder
from dystream_ros.models.released.streaming.causal_encoder import CausalEncoder
from dystream_ros.models.released.streaming.offline import encode_conversation, generate
from dystream_ros.models.released.streaming.party_encoder import PartyEncoder
from dystream_ros.models.released.streaming.session import ReleasedSessionBatch
from dystream_ros.models.released.streaming.speech_statistics import TrackingConfig
from dystream_ros.models.released.streaming.stepper import MotionStepper
from dystream_ros.models.released.streaming.stream import Stream, StreamState
from dystream_ros.models.released.streaming.window_encoder import WindowEncoder
from dystream_ros.models.state import map_state


@dataclass(frozen=True)
class StreamConfig:
    """Settings of the live model.

    Attributes:
        lookahead: samples past a frame's end that its motion depends on, a multiple of 320 (20 ms).
        window: features of 20 ms in the two-sided encoder's window, 192 as published (96 frames).
        steps: of the sampler, 1 or more.
        guidance: weights of the conditionings.
        tracking: of the encoder's normalisation.
        dtype: of the products, torch.float32 or torch.bfloat16.
        silence_gate: mute a party where there is no speech (`silence_gate.py`).
        floor_dbfs: level below which audio is not speech, -90 to 0.
        graphs: run on a GPU as one captured CUDA graph.
    """

    lookahead: int = 960
    window: int = 192
    steps: int = 5
    guidance: Guidance = PUBLISHED_GUIDANCE
    tracking: TrackingConfig = field(default_factory=TrackingConfig)
    dtype: torch.dtype = torch.float32
    silence_gate: bool = True
    floor_dbfs: float = -50.0
    graphs: bool = True


class ReleasedModel:
    """Weights folded for inference, and the state in which a session starts; implements `engine.interfaces.Model`.

    Args:
        generator: the published weights.
        config: settings.
        anchor: (motion,), the motion code of the portrait.
        readout: names the coefficients of a motion; None leaves motions without names.
        encoders: of self and other; the published two-sided ones over a window when None.
        device: "cpu", "cuda", ...
    """

    def __init__(
        self,
        generator: MotionGenerator,
        config: StreamConfig,
        anchor: Tensor,
        readout: Readout | None = None,
        encoders: tuple[PartyEncoder, PartyEncoder] | None = None,
        device: str = "cpu",
    ) -> None:
        self._generator = generator
        self.config = config
        self.anchor = anchor.float().cpu()
        self.readout = readout
        self.motion_size = generator.config.motion
        self.layout: MotionLayout = layout_of(readout, self.motion_size)
        self.hop = HOP
        self.lookahead = config.lookahead
        self.silence_gate, self.floor_dbfs, self.graphs = config.silence_gate, config.floor_dbfs, config.graphs
        own, other = encoders or self._window_encoders()
        self.stream = Stream(own, other, MotionStepper(generator, config.guidance, config.steps, config.dtype))
        pack(self.stream.eval().to(device))
        self._closed_weight, self._closed_bias = (part.numpy() for part in self._closed_lips())
        self._fresh: StreamState | None = None

    def _window_encoders(self) -> tuple[WindowEncoder, WindowEncoder]:
        config = self.config

        def over_window(encoder: Wav2Vec2Encoder) -> WindowEncoder:
            return WindowEncoder(encoder, config.lookahead, config.window, config.tracking, config.dtype)

        generator = self._generator
        return over_window(generator.audio_encoder_face), over_window(generator.audio_encoder_face_other)

    def _closed_lips(self) -> tuple[Tensor, Tensor]:
        """Weight and bias of motion -> motion with closed lips; without a readout, every motion -> the anchor."""
        if self.readout:
            return self.readout.closed_lips()
        return torch.zeros(self.motion_size, self.motion_size), self.anchor

    @torch.inference_mode()
    def initial(self, anchor: Tensor, batch: int) -> StreamState:
        """State of `batch` conversations before the first sample; the anchor (motion,) was held in silence."""
        device = self.stream.device
        if self._fresh is None or not torch.equal(anchor, self.anchor):
            fresh = self.stream.initial(anchor[None].to(device))
            if not torch.equal(anchor, self.anchor):
                return _repeated(fresh, batch)
            self._fresh = fresh
        return _repeated(self._fresh, batch)

    def sessions(self, seeds: Sequence[int]) -> SessionBatch:
        """Fresh sessions of several heads; see `ReleasedSessionBatch`."""
        return ReleasedSessionBatch(self, seeds)

    @property
    def neutral(self) -> MotionFrame:
        """The face at rest; its latent is the anchor, the code of the portrait."""
        return neutral_frame(self.layout, self.anchor.numpy())

    def close_lips(self, motion: MotionFrame, amount: float) -> MotionFrame:
        """The motion with its lips closed by a share of 0 (unchanged) to 1 (closed).

        The latent moves towards the closest one whose speech coefficients read 0 (`Readout.closed_lips`), or towards
        the anchor without a readout; values and pose are read from it again.
        """
        if amount == 0:
            return motion
        closed = self._closed_weight @ motion.latent + self._closed_bias
        latent = (motion.latent + amount * (closed - motion.latent)).astype(np.float32)
        return self.frame(motion.frame, latent, motion.speaking)

    def frame(self, index: int, motion: NDArray[np.float32], speaking: int) -> MotionFrame:
        """A motion (motion,) as a frame: with names and pose when there is a readout, always with its latent."""
        if self.readout is None:
            return MotionFrame(index, np.zeros(0, np.float32), np.zeros(6, np.float32), speaking, motion)
        values, head_pose = self.readout.read(motion)
        return MotionFrame(index, values, head_pose, speaking, motion)

    def _exact_stepper(self) -> MotionStepper:
        config = self.config
        if config.dtype == torch.float32:
            return self.stream.stepper
        return MotionStepper(self._generator, config.guidance, config.steps).to(self.stream.device)

    @torch.inference_mode()
    def offline(self, self_audio: Samples, other_audio: Samples, seed: int = 0) -> Iterator[MotionFrame]:
        """The published offline inference of a whole conversation, (samples,) of each party.

        The encoders receive all of it before the first frame, and everything is computed in float32. The noise is that
        of a session with this seed.

        Raises:
            ValueError: the weights were trained with causal encoders.
        """
        if isinstance(self.stream.self_encoder, CausalEncoder):
            raise ValueError(
                "offline inference gives the encoders the whole conversation, and this model was trained with causal "
                "ones: leave --offline out"
            )
        device = self.stream.device
        own, other = (torch.from_numpy(np.asarray(track, np.float32)).to(device) for track in (self_audio, other_audio))
        generator = self._generator.to(device)
        own_features, other_features = encode_conversation(generator, own, other)
        frames = own_features.shape[1] - generator.config.history
        draws = NormalNoise(seed)
        noise = torch.from_numpy(np.stack([draws.draw(self.motion_size) for _ in range(frames)])).to(device)
        motions = generate(self._exact_stepper(), own_features, other_features, self.anchor.to(device), noise)
        for index, motion in enumerate(motions):
            yield self.frame(index, motion.cpu().numpy(), 0)


def _repeated(state: StreamState, batch: int) -> StreamState:
    return map_state(lambda tensor: tensor.repeat(batch, *([1] * (tensor.ndim - 1))), state)
