"""Learning rate and moving average of the weights against their formulas."""

import pytest
import torch

from dystream_lab.training.config import TrainingConfig
from dystream_lab.training.muon import Muon
from dystream_lab.training.optimisation import averaged, learning_rate, optimisers


def test_the_learning_rate_warms_up_and_falls_to_a_twentieth():
    config = TrainingConfig(steps=1100, warmup=100, rate=2.0)
    assert learning_rate(config, 0) == pytest.approx(0.02)
    assert learning_rate(config, 99) == pytest.approx(2.0)
    assert learning_rate(config, 600) == pytest.approx(2.0 * 0.525)
    assert learning_rate(config, 1100) == learning_rate(config, 5000) == pytest.approx(0.1)


def test_the_average_begins_with_the_weights_and_its_decay_rises_to_the_limit():
    model = torch.nn.Linear(1, 1, bias=False)
    with torch.no_grad():
        model.weight.fill_(8.0)
    average, expected = averaged(model, decay=0.5), 8.0
    assert average.module.weight.item() == 8.0
    for count in range(1, 30):
        with torch.no_grad():
            model.weight.fill_(float(count))
        average.update_parameters(model)
        decay = min(0.5, (1 + count) / (10 + count))
        expected = decay * expected + (1 - decay) * count
        assert average.module.weight.item() == pytest.approx(expected, rel=1e-6)


def test_matrices_of_linear_layers_are_optimised_by_muon_and_everything_else_by_adamw():
    model = torch.nn.Sequential(torch.nn.Linear(2, 3), torch.nn.Conv1d(1, 1, 3), torch.nn.Embedding(4, 5))
    muon, adamw = optimisers(1e-3, model)
    assert [tuple(parameter.shape) for parameter in muon.param_groups[0]["params"]] == [(3, 2)]
    assert [tuple(parameter.shape) for parameter in adamw.param_groups[0]["params"]] == [(3,), (1, 1, 3), (1,), (4, 5)]


@pytest.mark.parametrize("shape", [(24, 8), (8, 24), (16, 16)])
def test_without_instructions_for_bfloat16_muon_goes_the_same_way_in_float32(monkeypatch, shape):
    torch.manual_seed(0)
    start, gradients = torch.randn(shape), [torch.randn(shape) for _ in range(5)]

    def trained(kind):
        parameter = torch.nn.Parameter(start.clone())
        optimiser = kind([parameter], lr=0.1, weight_decay=0.02, adjust_lr_fn="match_rms_adamw")
        for gradient in gradients:
            parameter.grad = gradient.clone()
            optimiser.step()
        return parameter.detach(), optimiser.state[parameter]["momentum_buffer"]

    monkeypatch.setattr("dystream_lab.training.muon.bfloat16_pays", lambda device: False)
    (ours, our_mean), (theirs, their_mean) = trained(Muon), trained(torch.optim.Muon)
    assert torch.equal(our_mean, their_mean)
    way = (theirs - start).norm()
    assert (ours - theirs).norm() < 0.02 * way  # bfloat16 has 8 bits
    monkeypatch.setattr("dystream_lab.training.muon.bfloat16_pays", lambda device: True)
    assert torch.equal(trained(Muon)[0], theirs)


def test_muon_refuses_a_rate_that_float32_would_not_have():
    with pytest.raises(ValueError, match="adjust_lr_fn is 'original'; accepted is match_rms_adamw"):
        Muon([torch.nn.Parameter(torch.ones(2, 2))], adjust_lr_fn="original")
