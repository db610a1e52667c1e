"""A step in place, as a captured graph runs it, gives the same as the pure function, on each device of this machine."""

import pytest
import torch

from dystream_ros.models.released.streaming.model import ReleasedModel, StreamConfig
from dystream_ros.models.released.streaming.stepping import Stepping, empty_inputs, overwrite, step_in_place
from dystream_ros.models.released.streaming.stream import StepInputs
from dystream_ros.models.state import map_state

DEVICES = ["cpu", *(["cuda"] if torch.cuda.is_available() else [])]
HEADS, STEPS = 2, 6


def inputs(step: int) -> StepInputs:
    draws = torch.Generator().manual_seed(step)
    audio = [0.1 * torch.randn(HEADS, 640, generator=draws) for _ in range(2)]
    return StepInputs(*audio, torch.ones(HEADS), torch.zeros(HEADS), torch.randn(HEADS, 16, generator=draws))


@pytest.fixture(params=DEVICES)
def model(request, tiny_generator):
    return ReleasedModel(tiny_generator, StreamConfig(window=40), torch.zeros(16), device=request.param)


@torch.inference_mode()
def pure(model) -> list[torch.Tensor]:
    state, motions = model.initial(model.anchor, HEADS), []
    for step in range(STEPS):
        on_device = StepInputs(*(part.to(model.stream.device) for part in inputs(step)))
        motion, state = model.stream(state, on_device)
        motions.append(motion.cpu())
    return motions


def test_stepping_gives_what_the_pure_function_gives(model):
    stepping = Stepping(model.stream, model.initial(model.anchor, HEADS))
    for step, expected in enumerate(pure(model)):
        torch.testing.assert_close(stepping.step(inputs(step)), expected, atol=2e-5, rtol=0)


@torch.inference_mode()
def test_a_step_in_place_reads_all_of_its_state_before_it_writes_any(model):
    device = model.stream.device
    state = map_state(lambda tensor: tensor.contiguous().clone(), model.initial(model.anchor, HEADS))
    given = empty_inputs(model.stream, HEADS)
    places = [tensor.data_ptr() for tensor in flat(state)]
    for step, expected in enumerate(pure(model)):
        overwrite(given, inputs(step))
        torch.testing.assert_close(step_in_place(model.stream, state, given).cpu(), expected, atol=2e-5, rtol=0)
    assert [tensor.data_ptr() for tensor in flat(state)] == places
    assert {tensor.device.type for tensor in flat(state)} == {device.type}


@torch.inference_mode()
def test_a_shown_motion_enters_the_window_in_place_and_the_next_step_follows_it(model):
    shown = torch.linspace(-1, 1, 16)
    stepping = Stepping(model.stream, model.initial(model.anchor, HEADS))
    stepping.step(inputs(0))
    places = [tensor.data_ptr() for tensor in flat(stepping._state)]
    stepping.emitted(1, shown)
    assert [tensor.data_ptr() for tensor in flat(stepping._state)] == places
    given = [StepInputs(*(part.to(model.stream.device) for part in inputs(step))) for step in range(2)]
    motion, state = model.stream(model.initial(model.anchor, HEADS), given[0])
    motion[1] = shown.to(motion)
    window = state.motion.embedded[:, :-1]
    newest = model.stream.stepper.embed(motion)[:, None]
    state = state._replace(motion=state.motion._replace(embedded=torch.cat((window, newest), 1)))
    expected, _ = model.stream(state, given[1])
    torch.testing.assert_close(stepping.step(inputs(1)), expected.cpu(), atol=2e-5, rtol=0)


def flat(state) -> list[torch.Tensor]:
    tensors = []
    map_state(tensors.append, state)
    return tensors
