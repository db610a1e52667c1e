"""The compact model: audio of both parties and past motion in, the next frame of motion out."""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import nn

from dystream_ros.face.motion import ARKIT_LAYOUT, MotionFrame, neutral_frame
from dystream_ros.face.stages.close_lips import close_named_lips
from dystream_ros.models.compact.config import HOP, MEL_HOP, CompactConfig
from dystream_ros.models.compact.encoder import AudioEncoder, EncoderState
from dystream_ros.models.compact.features import FeatureState, LogMel
from dystream_ros.models.compact.flow_head import FlowHead, Modulation
from dystream_ros.models.compact.motion_space import MOTION, VALUES, MotionSpace
from dystream_ros.models.compact.session import CompactSessionBatch
from dystream_ros.models.compact.transformer import Transformer, TransformerState
from dystream_ros.models.flow import multistep_sample, noise_level, sampling_angles
from dystream_ros.models.guidance import Guidance

EVENTS = ("nod", "gaze shift", "blink", "brow raise")
_LONGEST = 50  # frames; larger event ages are clamped


class AudioState(NamedTuple):
    """State of the features and the encoder of each party."""

    self_features: FeatureState
    other_features: FeatureState
    self_encoder: EncoderState
    other_encoder: EncoderState


class CompactState(NamedTuple):
    """State of B sessions.

    Attributes:
        audio: of the encoders.
        transformer: its key-value cache, a row per session and branch of guidance.
        previous, before: (B, 58) the last two frames of motion.
        ages: (B, EVENTS) frames since the last onset of each event.
        sway: (B, 6) the noise of the head's last step.
    """

    audio: AudioState
    transformer: TransformerState
    previous: torch.Tensor
    before: torch.Tensor
    ages: torch.Tensor
    sway: torch.Tensor


class CompactModel(nn.Module):
    """Compact DyStream. All methods are pure: state in, state out.

    Nods, gaze shifts, blinks and brow raises are events. The network predicts the probability that each event starts in
    a frame; the onset is drawn from it, and the frames since the last onset (the event's age) are an input of the next
    frames. Without events most nods were unrelated to the partner's speech, gaze shifts were rare, and the number and
    depth of blinks depended on the sampler (docs/decisions.md).

    The encoder of the self audio receives the other party's channel as well, so that it can ignore crosstalk.

    Attributes:
        layout: meaning of the first 52 of the 58 motion numbers; the other 6 are the pose of the head.
        guidance: how the branches of classifier-free guidance are combined.
    """

    layout = ARKIT_LAYOUT
    event_rows: torch.Tensor
    hop = HOP
    motion_size = MOTION
    noise_size = MOTION + len(EVENTS)  # standard normal numbers per frame: for its motion and for event onsets

    def __init__(self, config: CompactConfig | None = None, guidance: Guidance | None = None) -> None:
        super().__init__()
        self.config = config = config or CompactConfig()
        self.guidance = guidance or Guidance()
        self.space = MotionSpace()
        self.mels = LogMel(config.mels)
        self.self_encoder = AudioEncoder(
            2 * config.mels, config.self_channels, config.self_features, config.self_rounds
        )
        self.other_encoder = AudioEncoder(config.mels, config.other_channels, config.other_features)
        self.self_embed = nn.Linear(config.self_features, config.width)
        self.other_embed = nn.Linear(config.other_features, config.width)
        self.motion_embed = nn.Linear(2 * MOTION, config.width)
        self.anchor_embed = nn.Linear(MOTION, config.width)
        # One row per event and age, events in order.
        self.event_embed = nn.Embedding(len(EVENTS) * (_LONGEST + 1), config.width)
        self.event_shape = nn.Embedding(len(EVENTS) * (_LONGEST + 1), config.width)
        self.event_onset = nn.Linear(config.width, len(EVENTS))
        first_rows = torch.arange(len(EVENTS)) * (_LONGEST + 1)
        self.register_buffer("event_rows", first_rows, persistent=False)
        for embedding in (self.event_embed, self.event_shape):
            nn.init.zeros_(embedding.weight)
        self.transformer = Transformer(config.width, config.blocks, config.heads, config.window)
        self.lips = nn.Linear(config.self_features, len(self.space.speech_index))
        # The head receives this frame's audio features directly: lips depend on them most.
        self.head = FlowHead(MOTION, config.width + config.self_features, config.head_width, config.head_blocks)

    @property
    def lookahead(self) -> int:
        """Samples past the end of a frame that its motion depends on."""
        return self.config.lookahead

    def sessions(self, seeds: Sequence[int]) -> CompactSessionBatch:
        """Fresh sessions of several heads, one per seed."""
        return CompactSessionBatch(self, seeds)

    @property
    def neutral(self) -> MotionFrame:
        """The face at rest."""
        return neutral_frame(self.layout)

    def close_lips(self, motion: MotionFrame, amount: float) -> MotionFrame:
        """The motion with its lips closed by a share of 0 to 1."""
        return close_named_lips(motion, amount)

    def initial_state(self, batch: int) -> CompactState:
        """State of fresh sessions: silence before the first sample, a neutral face."""
        audio = AudioState(
            self.mels.initial_state(batch),
            self.mels.initial_state(batch),
            self.self_encoder.initial_state(batch),
            self.other_encoder.initial_state(batch),
        )
        rows = batch * len(self.guidance.coefficients)
        neutral = torch.zeros(batch, MOTION)
        ages = torch.full((batch, len(EVENTS)), _LONGEST)
        sway = torch.zeros(batch, MOTION - VALUES)
        return CompactState(audio, self.transformer.initial_state(rows), neutral, neutral, ages, sway)

    def prime(self, self_audio: torch.Tensor, other_audio: torch.Tensor, state: AudioState) -> AudioState:
        """Takes in the lookahead of the first frame: audio (B, lookahead) of each party."""
        (self_mels, self_state), (other_mels, other_state) = self._mels_of(self_audio, other_audio, state)
        return AudioState(
            self_state,
            other_state,
            self.self_encoder.prime(_beside(self_mels, other_mels), state.self_encoder),
            self.other_encoder.prime(other_mels, state.other_encoder),
        )

    def encode(
        self, self_audio: torch.Tensor, other_audio: torch.Tensor, state: AudioState
    ) -> tuple[torch.Tensor, torch.Tensor, AudioState]:
        """Encodes audio (B, 640 T) of each party into features (B, T, F_self) and (B, T, F_other)."""
        (self_mels, self_state), (other_mels, other_state) = self._mels_of(self_audio, other_audio, state)
        self_features, self_encoder = self.self_encoder(_beside(self_mels, other_mels), state.self_encoder)
        other_features, other_encoder = self.other_encoder(other_mels, state.other_encoder)
        return self_features, other_features, AudioState(self_state, other_state, self_encoder, other_encoder)

    def _mels_of(
        self, self_audio: torch.Tensor, other_audio: torch.Tensor, state: AudioState
    ) -> list[tuple[torch.Tensor, FeatureState]]:
        """Log-mels and new state of each party, in one batch: for few rows the number of calls sets the time."""
        both = FeatureState(*(torch.cat(pair) for pair in zip(state.self_features, state.other_features)))
        mels, both = self.mels(torch.cat([self_audio, other_audio]), both)
        states = (FeatureState(*parts) for parts in zip(*(part.chunk(2) for part in both)))
        return list(zip(mels.chunk(2), states))

    def encode_clip(self, self_mels: torch.Tensor, other_mels: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Encodes a clip's log-mels (B, lookahead / 160 + 4 T, mels), lookahead first, as `prime` and `encode` do."""
        return self.self_clip(self_mels, other_mels), self._clip(self.other_encoder, other_mels)

    def self_clip(self, self_mels: torch.Tensor, other_mels: torch.Tensor) -> torch.Tensor:
        """Encodes only the self audio of a clip, as `encode_clip` does: (B, T, F_self)."""
        return self._clip(self.self_encoder, _beside(self_mels, other_mels))

    def _clip(self, encoder: AudioEncoder, mels: torch.Tensor) -> torch.Tensor:
        lookahead = self.lookahead // MEL_HOP
        state = encoder.initial_state(mels.shape[0])
        if lookahead:
            state = encoder.prime(mels[:, :lookahead], state)
        return encoder(mels[:, lookahead:], state)[0]

    def context(
        self,
        self_features: torch.Tensor,
        other_features: torch.Tensor,
        previous: torch.Tensor,
        before: torch.Tensor,
        anchor: torch.Tensor,
        ages: torch.Tensor,
        switches: torch.Tensor,
        state: TransformerState,
    ) -> tuple[torch.Tensor, TransformerState]:
        """The output of the transformer at each frame.

        Args:
            self_features, other_features: (B, T, F) of the frames to predict.
            previous, before: motion (B, T, 58) one and two frames before each of them.
            anchor: (B, 1 or T, 58) motion that the face tends to: one of the clip in training, neutral in sessions.
            ages: (B, T, EVENTS) frames since the onset of each event, as of the previous frame.
            switches: (B, T or 1, 3) of 0 or 1: whether self, other, anchor are given.

        Returns:
            (B, T, width) and the new state.
        """
        given_self, given_other, given_anchor = switches.unsqueeze(3).unbind(2)
        velocity = ((previous - before) / self.space.step).clamp(-6.0, 6.0)
        token = (
            self.motion_embed(torch.cat([self.space.normalised(previous).clamp(-8.0, 8.0), velocity], dim=2))
            + given_self * self.self_embed(self_features)
            + given_other * self.other_embed(other_features)
            + given_anchor * self.anchor_embed(self.space.normalised(anchor))
            + self._embedded_ages(ages, self.event_embed)
        )
        return self.transformer(token, state)

    def event_chances(self, hidden: torch.Tensor) -> torch.Tensor:
        """Log odds (B, T, EVENTS) that each event starts in each frame, from the context (B, T, width)."""
        return self.event_onset(hidden)

    def _embedded_ages(self, ages: torch.Tensor, table: nn.Embedding) -> torch.Tensor:
        """Rows of a table (EVENTS * ages, width) for ages (..., EVENTS), summed over the events: (..., width)."""
        return table(ages.clamp(max=_LONGEST) + self.event_rows).sum(-2)

    def condition(
        self, hidden: torch.Tensor, self_features: torch.Tensor, ages: torch.Tensor, switches: torch.Tensor
    ) -> torch.Tensor:
        """The condition of the flow head for each frame: (B, T, width + F_self).

        Args:
            hidden: (B, T, width) from `context`.
            self_features, switches: as in `context`.
            ages: (B, T, EVENTS) frames since the onset of each event, 0 where one starts in this frame.
        """
        given = hidden + self._embedded_ages(ages, self.event_shape)
        return torch.cat([given, switches[..., :1] * self_features], dim=2)

    @torch.inference_mode()
    def step(
        self,
        self_audio: torch.Tensor,
        other_audio: torch.Tensor,
        anchor: torch.Tensor,
        noise: torch.Tensor,
        state: CompactState,
    ) -> tuple[torch.Tensor, CompactState]:
        """The next frame of motion.

        Args:
            self_audio, other_audio: (B, 640) samples that follow those of the last step, or of `prime`.
            anchor: (B, 58), as in `context`.
            noise: (B, noise_size), standard normal.

        Returns:
            Motion (B, 58) within the limits of a face, and the new state.
        """
        (self_mels, self_state), (other_mels, other_state) = self._mels_of(self_audio, other_audio, state.audio)
        sway = self.space.swaying(noise[:, VALUES:MOTION], state.sway)
        noise = torch.cat([noise[:, :VALUES], sway, noise[:, MOTION:]], dim=1)
        motion, ages, self_encoder, other_encoder, transformer = self.follow(
            self_mels,
            other_mels,
            anchor,
            noise,
            state.previous,
            state.before,
            state.ages,
            state.audio.self_encoder,
            state.audio.other_encoder,
            state.transformer,
        )
        audio = AudioState(self_state, other_state, self_encoder, other_encoder)
        return motion, CompactState(audio, transformer, motion, state.previous, ages, sway)

    def follow(
        self,
        self_mels: torch.Tensor,
        other_mels: torch.Tensor,
        anchor: torch.Tensor,
        noise: torch.Tensor,
        previous: torch.Tensor,
        before: torch.Tensor,
        ages: torch.Tensor,
        self_encoder: EncoderState,
        other_encoder: EncoderState,
        transformer: TransformerState,
    ) -> tuple[torch.Tensor, torch.Tensor, EncoderState, EncoderState, TransformerState]:
        """Motion (B, 58) that follows log-mels (B, 4, mels) and past motion (B, 58), with the new ages and states."""
        self_features, self_encoder = self.self_encoder(_beside(self_mels, other_mels), self_encoder)
        other_features, other_encoder = self.other_encoder(other_mels, other_encoder)
        switches = self.guidance.switches()  # (n, 3)
        branches = switches.shape[0]
        row_switches = switches.repeat(noise.shape[0], 1).unsqueeze(1)  # (B n, 1, 3)

        def spread(tensor: torch.Tensor) -> torch.Tensor:
            """(B, ...) -> (B n, 1, last): each session's row once per branch of guidance."""
            return tensor.reshape(tensor.shape[0], 1, -1).repeat_interleave(branches, dim=0)

        own = spread(self_features)
        hidden, transformer = self.context(
            own,
            spread(other_features),
            spread(previous),
            spread(before),
            spread(anchor),
            spread(ages),
            row_switches,
            transformer,
        )
        ages = self._ages(hidden, noise[:, MOTION:], ages)
        condition = self.condition(hidden, own, spread(ages), row_switches)
        prediction = self._sample(condition[:, 0], self.space.tempered(noise[:, :MOTION], self.config), branches)
        prediction = self._with_lips(prediction, self_features[:, 0])
        return self.space.motion(prediction, previous), ages, self_encoder, other_encoder, transformer

    def emitted(self, state: CompactState, motion: torch.Tensor) -> CompactState:
        """The state with the last motion replaced by the one that was shown (B, 58), which is then fed back."""
        return state._replace(previous=motion)

    def _ages(self, hidden: torch.Tensor, draws: torch.Tensor, last: torch.Tensor) -> torch.Tensor:
        """Frames (B, EVENTS) since each onset, from contexts (B n, 1, width), normal draws and the last ages."""
        branches = hidden.shape[0] // last.shape[0]
        odds = self.guidance.combine(self.event_chances(hidden)[:, 0].unflatten(0, (-1, branches)))
        starts = torch.special.ndtr(draws) < odds.sigmoid()
        return torch.where(starts, 0, (last + 1).clamp(max=_LONGEST))

    def _with_lips(self, prediction: torch.Tensor, self_features: torch.Tensor) -> torch.Tensor:
        """The prediction (B, 58) with its lips mixed with their linear readout of the self features (B, F_self)."""
        index = self.space.speech_index
        lips = torch.lerp(self.lips(self_features), prediction.index_select(1, index), self.config.lip_flow)
        return prediction.index_copy(1, index, lips)

    def _sample(self, condition: torch.Tensor, noise: torch.Tensor, branches: int) -> torch.Tensor:
        """Prediction (B, 58) from conditions (B n, C) and noise (B, 58)."""
        angles, by_time = self._schedule()
        by_condition = [
            tuple(part.unflatten(0, (-1, branches)) for part in modulation)
            for modulation in self.head.condition_modulations(condition)
        ]

        def estimate(sample: torch.Tensor, index: int) -> torch.Tensor:
            branch_samples = sample.unsqueeze(1).expand(-1, branches, -1)
            return self.guidance.combine(self.head(branch_samples, by_time[index], by_condition))

        return multistep_sample(estimate, noise, angles)

    def _schedule(self) -> tuple[tuple[float, ...], list[list[Modulation]]]:
        """Angles of the sampler, and the head's modulations at each: constants of the weights."""
        if self._constants is None:
            angles = sampling_angles(self.config.steps)
            levels = [torch.tensor(noise_level(angle)) for angle in angles[:-1]]
            self._constants = angles, [self.head.time_modulations(level) for level in levels]
        return self._constants

    _constants: tuple[tuple[float, ...], list[list[Modulation]]] | None = None

    def train(self, mode: bool = True) -> "CompactModel":
        """Switches training on or off, and drops the values cached from the weights, which may change from now on."""
        self._constants = None
        return super().train(mode)


def _beside(self_mels: torch.Tensor, other_mels: torch.Tensor) -> torch.Tensor:
    """Input (B, T, 2 mels) of the self encoder: log-mels (B, T, mels) of both parties, self first."""
    return torch.cat([self_mels, other_mels], dim=2)
