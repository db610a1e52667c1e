"""Accuracy of samplers by number of steps: python -m benchmarks.samplers

The sampler of `models/flow.py` and equal Euler steps along the straight path draw from distributions whose optimal
estimate is known in closed form. Compared: the standard deviation, the rate of rare events, and the error of a point.
"""

import torch

from dystream_ros.models.flow import multistep_sample, noise_level, sampling_angles

_DRAWS = 200_000
# Weights, means and deviations of mixtures of normal distributions, in deviations of a number.
_NORMAL = ((1.0,), (0.0,), (1.0,))
_NARROW = ((1.0,), (0.5,), (0.2,))
_POINT = ((1.0,), (1.0,), (0.0,))
_EVENT = ((0.99, 0.01), (0.0, 4.0), (0.4, 0.8))  # as steps of the head's pitch: mostly small, rarely a nod
_EVENT_ABOVE = 2.0


def estimate(x: torch.Tensor, level: float, mixture: tuple[tuple[float, ...], ...]) -> torch.Tensor:
    """Best estimate of x0 (n,) from x = (1 - level) x0 + level noise, (n,)."""
    weight, mean, deviation = (torch.tensor(values, dtype=torch.float64) for values in mixture)
    variance = ((1 - level) * deviation) ** 2 + level**2
    off = x[:, None] - (1 - level) * mean
    share = torch.softmax(weight.log() - 0.5 * off.square() / variance - 0.5 * variance.log(), dim=1)
    return (share * (mean + (1 - level) * deviation.square() / variance * off)).sum(1)


def euler_on_the_line(noise: torch.Tensor, steps: int, mixture: tuple) -> torch.Tensor:
    """Equal Euler steps along the straight path."""
    sample = noise
    for index in range(steps):
        level = 1 - index / steps
        sample = sample - (sample - estimate(sample, level, mixture)) / level / steps
    return sample


def ours(noise: torch.Tensor, steps: int, mixture: tuple) -> torch.Tensor:
    """The sampler of `compact`."""
    angles = sampling_angles(steps)
    return multistep_sample(lambda x, index: estimate(x, noise_level(angles[index]), mixture), noise, angles)


def main() -> int:
    noise = torch.randn(_DRAWS, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    print(
        "| sampler, steps | deviation of N(0, 1) | of N(0.5, 0.2) | rate of an event of 1 % | largest miss of a point |"
    )
    print("|---|---|---|---|---|")
    chosen = [("Euler on the line", euler_on_the_line, steps, 1.0) for steps in (2, 4, 8, 50)]
    chosen += [("Euler on the line, noise x 1.15", euler_on_the_line, 4, 1.15)]
    chosen += [("ours", ours, steps, 1.0) for steps in (2, 3, 4, 8)]
    for name, sampler, steps, scale in chosen:
        normal, narrow, point, event = (
            sampler(scale * noise, steps, mixture) for mixture in (_NORMAL, _NARROW, _POINT, _EVENT)
        )
        rate = 100 * float((event > _EVENT_ABOVE).double().mean())
        miss = float((point - 1.0).abs().max())
        print(f"| {name}, {steps} | {normal.std():.2f} | {narrow.std():.3f} | {rate:.2f} % | {miss:.3f} |")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
