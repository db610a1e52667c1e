"""Regressions of the calibration.

Ridge regression with a strength chosen per output on held-out rows; and an unbiased estimator of causes from noisy
effects.
"""

import numpy as np

RIDGES = 10.0 ** np.arange(-6, 3)
HELD_OUT = 5  # every fifth row


def ridge_regression(x: np.ndarray, y: np.ndarray, strength: float) -> tuple[np.ndarray, np.ndarray]:
    """Weight (outputs, inputs) and bias (outputs,) of y (n, outputs) from x (n, inputs), scaled by their spread."""
    mean, spread = x.mean(0), x.std(0) + 1e-9
    z, centred = (x - mean) / spread, y - y.mean(0)
    penalty = strength * len(z)
    if len(z) < x.shape[1]:  # the same solution by the smaller of two systems
        weight = (z.T @ np.linalg.solve(z @ z.T + penalty * np.eye(len(z)), centred)).T / spread
    else:
        weight = np.linalg.solve(z.T @ z + penalty * np.eye(x.shape[1]), z.T @ centred).T / spread
    return weight, y.mean(0) - weight @ mean


def correlations(predicted: np.ndarray, true: np.ndarray) -> np.ndarray:
    """Correlation of each column (n, outputs) -> (outputs,); 0 where one of them does not vary."""
    p, t = predicted - predicted.mean(0), true - true.mean(0)
    scale = np.sqrt((p**2).sum(0) * (t**2).sum(0))
    return np.divide((p * t).sum(0), scale, out=np.zeros(p.shape[1]), where=scale > 1e-9)


def best_ridge(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Weight (outputs, inputs), bias (outputs,) and correlation (outputs,) on held-out rows of y (n, outputs).

    Every fifth row is held out to choose the strength, output by output; the fit that is returned has seen the others.
    """
    held = np.arange(len(x)) % HELD_OUT == HELD_OUT - 1
    weights, biases = zip(*(ridge_regression(x[~held], y[~held], strength) for strength in RIDGES))
    errors = [((x[held] @ w.T + b - y[held]) ** 2).mean(0) for w, b in zip(weights, biases)]
    best, outputs = np.argmin(errors, axis=0), np.arange(y.shape[1])
    weight, bias = np.stack(weights)[best, outputs], np.stack(biases)[best, outputs]
    return weight, bias, correlations(x[held] @ weight.T + bias, y[held])


def unbiased_reader(effects: np.ndarray, causes: np.ndarray, strength: float = 0.1) -> tuple[np.ndarray, np.ndarray]:
    """Weight (causes, effects) and bias (causes,) that estimate causes (n, causes) from effects (n, effects).

    Effects are regressed on causes, and that map is inverted by generalised least squares (Aitken 1935; "classical"
    calibration): the mean reading of a cause depends on no other cause. A regression of causes on effects has a
    smaller error in a single reading, but it shrinks causes with weak effects and mixes in correlated ones, a bias that
    averaging does not remove.

    Args:
        strength: regularisation of the covariance of the noise, in variances.
    """
    count = len(effects)
    known = np.column_stack((causes, np.ones(count)))
    response = np.linalg.lstsq(known, effects, rcond=None)[0]
    noise = effects - known @ response
    spread = noise.std(0)
    spread = spread + 1e-4 * spread.mean() + 1e-12
    noise, signature = noise / spread, (response[:-1] / spread).T  # (n, effects), (effects, causes)
    # (noise^T noise / n + strength)^-1 signature, by the smaller system of the n rows (Woodbury).
    inner = noise @ noise.T / count + strength * np.eye(count)
    whitened = (signature - noise.T @ np.linalg.solve(inner, noise @ signature) / count) / strength
    weight = np.linalg.solve(whitened.T @ signature, whitened.T) / spread
    return weight, causes.mean(0) - weight @ effects.mean(0)
