"""The rules that make the published model a streaming one, one test each, on the tiny golden weights."""

import numpy as np
import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode

from dystream_ros.audio.block import AudioBlock
from dystream_ros.engine.config import ConversationConfig
from dystream_ros.engine.conversation import Conversation
from dystream_ros.engine.session import Session
from dystream_ros.face.motion import SPEAKING_SELF
from dystream_ros.models.guidance import BRANCHES
from dystream_ros.models.released.networks.sampling import PUBLISHED_GUIDANCE, euler, sigma_schedule
from dystream_ros.models.released.streaming.session import ReleasedSessionBatch
from dystream_ros.models.released.streaming.stepper import MotionStepper
from dystream_ros.models.state import map_state

LOOKAHEAD = 960


@pytest.fixture
def model(streaming_model):
    return streaming_model


class WholeClip:
    """Every frame of a clip at once, by the published modules, plainly: its window of history in the batch."""

    def __init__(self, generator, anchor, before, features, noise):
        """`before` and `features`: (1, T, width) of both parties, before the clip and in it; noise (T, motion)."""
        self.generator, self.anchor, self.noise = generator, anchor, noise
        self.audio = [torch.cat(parts, 1)[0, 1:] for parts in zip(before, features)]

    def motion(self, history: torch.Tensor, frames: slice = slice(None)) -> torch.Tensor:
        """Motions (T, motion) of some frames, from what was shown before and in them (history + T, motion)."""
        generator, length = self.generator, self.generator.config.history
        windows = history.unfold(0, length, 1).transpose(1, 2)[: len(self.noise)][frames]
        heard = [part.unfold(0, length, 1).transpose(1, 2)[frames] for part in self.audio]
        anchor = self.anchor.expand(len(windows), -1)
        outputs = {
            branch: generator.predict(windows, generator.fuse(*heard, branch), generator.embed_anchor(anchor, branch))
            for branch in BRANCHES
        }
        sigmas = sigma_schedule(5)

        def clean(noisy, step):
            time = generator.time_embed(sigmas[step : step + 1]).expand(len(noisy), -1)
            guessed = {branch: generator.diffusion_head(noisy, time, output) for branch, output in outputs.items()}
            none, g = guessed["none"], PUBLISHED_GUIDANCE
            own, other = guessed["self"] - none, guessed["other"] - none
            return none + g.self_weight * own + g.other_weight * other + g.all_weight * (guessed["all"] - none)

        return euler(self.noise[frames], sigmas.tolist(), clean)


@pytest.fixture(scope="module")
def clip(tiny_generator):
    """A clip of 250 frames of random features, and what is heard before it."""
    draws = torch.Generator().manual_seed(0)
    width, history = tiny_generator.config.encoder.width, tiny_generator.config.history
    before = [torch.randn(1, 1, width, generator=draws).expand(-1, history, -1) for _ in range(2)]
    features = [torch.randn(1, 250, width, generator=draws) for _ in range(2)]
    anchor, noise = torch.randn(16, generator=draws), torch.randn(250, 16, generator=draws)
    return WholeClip(tiny_generator, anchor, before, features, noise), before, features


def streamed(generator, clip, before, features, given=None):
    """Motions of the clip, a frame a step; what was shown is the motion itself or what is given."""
    stepper, shown = MotionStepper(generator), []
    state = stepper.start(clip.anchor[None], *before)
    for frame in range(len(clip.noise)):
        motion, state = stepper.step(state, *(part[:, frame] for part in features), clip.noise[frame, None])
        shown.append(motion)
        state = stepper.remember(state, motion if given is None else given[frame, None])
    return torch.cat(shown)


@torch.inference_mode()
def test_frame_by_frame_equals_the_whole_clip_with_given_history(tiny_generator, clip):
    given = torch.randn(250, 16, generator=torch.Generator().manual_seed(1))
    history = torch.cat((clip[0].anchor.expand(tiny_generator.config.history, -1), given))
    torch.testing.assert_close(streamed(tiny_generator, *clip, given), clip[0].motion(history), atol=1e-5, rtol=0)


@torch.inference_mode()
def test_250_frames_in_free_running_do_not_drift_beyond_rounding(tiny_generator, clip):
    history = clip[0].anchor.expand(tiny_generator.config.history, -1)
    for frame in range(250):  # the plain modules again, now fed with their own motion
        motion = clip[0].motion(torch.cat((history, history[-1:])), slice(frame, frame + 1))
        history = torch.cat((history, motion))
    free = streamed(tiny_generator, *clip)
    torch.testing.assert_close(free, history[tiny_generator.config.history :], atol=1e-4, rtol=0)


def test_250_frames_in_a_batch_do_not_drift_from_those_alone(model, speech_like):
    own, other = speech_like(11, 1), speech_like(11, 2)
    session, batch = Session(model, 2), ReleasedSessionBatch(model, [2, 8, 9])
    for row in range(3):
        batch.prime(row, own[:LOOKAHEAD], other[:LOOKAHEAD])
    for frame in range(250):
        start = LOOKAHEAD + 640 * frame
        part = slice(start, start + 640)
        together = batch.step(*(np.repeat(track[None, part], 3, axis=0) for track in (own, other)))[0]
        part = slice(0, start + 640) if frame == 0 else part
        alone = session.step(own[part], other[part])
        np.testing.assert_allclose(together.latent, alone.latent, atol=1e-4)


def frames_of(model, tracks, size):
    """Frames of a conversation in driven time, whose audio comes in chunks of `size` samples."""
    conversation = Conversation(Session(model, 1), ConversationConfig(time_mode="driven"))
    frames = []
    for at in range(0, len(tracks[0]), size):
        for party, track in zip(("self", "other"), tracks):
            part = track[at : at + size]
            conversation.push(party, AudioBlock(1, at, 16_000, 1, 1 + at * 62_500, part, at + size >= len(track)), 0)
        while (frame := conversation.step(0)) is not None:
            frames.append(frame)
    return frames


def test_chunks_of_1_sample_10_ms_and_10_s_give_the_same_frames(model, speech_like):
    tracks = [speech_like(0.6, seed) for seed in (1, 2)]
    reference = frames_of(model, tracks, 160)
    assert len(reference) == 15
    for size in (1, 160_000):
        frames = frames_of(model, tracks, size)
        assert len(frames) == len(reference)
        for frame, expected in zip(frames, reference):
            assert np.array_equal(frame.motion.latent, expected.motion.latent)


def test_the_last_sample_of_the_lookahead_is_heard_and_the_one_after_it_is_not(model, speech_like):
    own, quiet = speech_like(1, 1), np.zeros(16_000, np.float32)
    last = LOOKAHEAD + 640 * 10

    def tenth_frame(track):
        session = Session(model)
        frames = [session.step(track[: LOOKAHEAD + 640], quiet[: LOOKAHEAD + 640])]
        for frame in range(1, 11):
            start = LOOKAHEAD + 640 * frame
            frames.append(session.step(track[start : start + 640], quiet[:640]))
        return frames[9].latent

    changed = [own.copy(), own.copy()]
    changed[0][last - 20] += 0.3
    changed[1][last] += 0.3
    assert not np.array_equal(tenth_frame(changed[0]), tenth_frame(own))
    assert np.array_equal(tenth_frame(changed[1]), tenth_frame(own))


class Work(TorchDispatchMode):
    """Counts operations and the numbers that they write."""

    def __init__(self):
        super().__init__()
        self.done = [0, 0]

    def __torch_dispatch__(self, operation, types, args=(), kwargs=None):
        result = operation(*args, **(kwargs or {}))
        self.done[0] += 1
        self.done[1] += result.numel() if isinstance(result, torch.Tensor) else 0
        return result


def test_work_and_memory_of_a_step_do_not_grow(model, speech_like):
    batch, hop = ReleasedSessionBatch(model, [0]), speech_like(1, 1)[None, :640]
    done, sizes = [], []
    for frame in range(60):
        with Work() as work:
            batch.step(hop, hop)
        tensors = []
        map_state(tensors.append, batch._stepping._state)
        if frame in (1, 59):
            done.append(work.done)
            sizes.append(sum(tensor.numel() for tensor in tensors))
    assert done[0] == done[1]
    assert done[0][0] > 100
    assert sizes[0] == sizes[1]


def steady_noise(kind: str, decibels: float, seed: int) -> np.ndarray:
    """4 s of a noise at a level in dBFS; hum is the mains' with a little hiss."""
    count = 16_000 * 4
    white = np.random.default_rng(seed).standard_normal(count)
    spectrum = np.fft.rfft(white)
    hum = sum(np.sin(2 * np.pi * 50 * k * np.arange(count) / 16_000) / k for k in (1, 2, 3, 5))
    noise = {
        "white": white,
        "pink": np.fft.irfft(spectrum / np.sqrt(np.maximum(np.arange(len(spectrum)), 1)), count),
        "hum": hum + 0.1 * white,
    }[kind]
    return (10 ** (decibels / 20) * noise / noise.std()).astype(np.float32)


def run(model, own, other, frames=90):
    """Latents (frames, motion), and in how many frames the own party speaks."""
    session, position, motions = Session(model), 0, []
    for _ in range(frames):
        part = slice(position, position + session.samples_needed)
        position = part.stop
        motions.append(session.step(own[part], other[part]))
    return np.stack([motion.latent for motion in motions]), sum(motion.speaking & SPEAKING_SELF for motion in motions)


@pytest.mark.parametrize(("kind", "decibels"), [("white", -35), ("pink", -40), ("hum", -35)])
def test_hiss_moves_nothing_and_the_face_goes_on_listening(model, speech_like, kind, decibels):
    """A noise may be a word when it begins; what it does afterwards, the network never hears."""
    hiss, another = (steady_noise(kind, decibels, seed) for seed in (0, 1))
    another[:16_000] = hiss[:16_000]
    partner, nobody = speech_like(4, 2), np.zeros(64_000, np.float32)
    motion, spoken = run(model, hiss, partner)
    assert spoken <= 12
    assert np.array_equal(motion, run(model, another, partner)[0])
    assert np.abs(np.diff(motion[50:], axis=0)).max() > 1e-3
    assert np.abs(motion[50:] - run(model, hiss, nobody)[0][50:]).max() > 1e-3


def test_faint_hiss_is_silence_from_the_first_sample(model):
    hiss, nobody = steady_noise("white", -60, 0), np.zeros(64_000, np.float32)
    assert np.array_equal(run(model, hiss, nobody, 30)[0], run(model, nobody, nobody, 30)[0])
