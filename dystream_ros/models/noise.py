"""Standard normal numbers of a session, from its seed, without PyTorch."""

import numpy as np
from numpy.typing import NDArray

_BLOCK = 16  # numbers that one Box-Muller transform makes, from as many uniform ones


class NormalNoise:
    """The numbers that a CPU generator of PyTorch draws from the same seed with `torch.randn`, up to rounding (5e-7).

    Motion for a seed therefore does not depend on whether the step runs in PyTorch. The generator is MT19937 (Matsumoto
    and Nishimura 1998); the transform is that of Box and Muller (1958), on blocks of 16.

    Args:
        seed: 0 to 2^63 - 1; the lower 32 bits count.
    """

    def __init__(self, seed: int) -> None:
        self.seed(seed)

    def seed(self, seed: int) -> None:
        """Start again from a seed."""
        generator = np.random.MT19937()
        generator._legacy_seeding(seed & 0xFFFFFFFF)  # the seeding of the authors of MT19937, which PyTorch uses
        self._generator = generator

    def draw(self, count: int) -> NDArray[np.float32]:
        """The next numbers, float32 (count,). Less than 16 of them are not those of PyTorch."""
        if count < _BLOCK:
            return _box_muller(self._uniform(_BLOCK)[None])[0, :count]
        uniform, whole = self._uniform(count), count - count % _BLOCK
        normal = np.empty(count, np.float32)
        normal[:whole] = _box_muller(uniform[:whole].reshape(-1, _BLOCK)).ravel()
        if whole < count:  # the last numbers, some of them again, are made from a block of new ones
            normal[-_BLOCK:] = _box_muller(self._uniform(_BLOCK)[None])[0]
        return normal

    def _uniform(self, count: int) -> NDArray[np.float32]:
        """Float32 (count,), 0 to 1, from 24 random bits each."""
        bits: NDArray[np.uint64] = self._generator.random_raw(count)
        return (bits & np.uint64(0xFFFFFF)).astype(np.float32) * np.float32(2**-24)


def _box_muller(uniform: NDArray[np.float32]) -> NDArray[np.float32]:
    """Normal from uniform numbers, both (blocks, 16): radii from the first half of a block, angles from the second."""
    radius = np.sqrt(-2 * np.log(1 - uniform[:, : _BLOCK // 2]))
    angle = np.float32(2 * np.pi) * uniform[:, _BLOCK // 2 :]
    return np.concatenate([radius * np.cos(angle), radius * np.sin(angle)], axis=1)
