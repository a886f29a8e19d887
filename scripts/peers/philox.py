"""Tandem's random numbers in NumPy: the same initial weights and the same order of images for a peer.

A second implementation from the definition (engine/core/random.h), so that a comparison depends on no file of ours.
"""

import numpy as np

INITIALISE, SHUFFLE = 1, 2
MASK = np.uint64(0xFFFFFFFF)


def philox(counter, key):
    """Philox4x32-10 of arrays of counters: four uint64 arrays that hold 32-bit words, and two key words."""
    c0, c1, c2, c3 = (np.asarray(c, dtype=np.uint64) for c in counter)
    k0, k1 = (int(k) for k in key)
    for _ in range(10):
        p0, p1 = np.uint64(0xD2511F53) * c0, np.uint64(0xCD9E8D57) * c2
        c0, c1, c2, c3 = (
            (p1 >> np.uint64(32)) ^ c1 ^ np.uint64(k0),
            p1 & MASK,
            (p0 >> np.uint64(32)) ^ c3 ^ np.uint64(k1),
            p0 & MASK,
        )
        k0, k1 = (k0 + 0x9E3779B9) & 0xFFFFFFFF, (k1 + 0xBB67AE85) & 0xFFFFFFFF
    return c0, c1, c2, c3


def block(seed, purpose, a, index):
    index = np.asarray(index, dtype=np.uint64)
    zero = np.zeros_like(index)
    counter = (
        index & MASK,
        ((index >> np.uint64(32)) & np.uint64(0xFFFFFF)) | np.uint64(purpose << 24),
        zero + np.uint64(a & 0xFFFFFFFF),
        zero + np.uint64(a >> 32),
    )
    return philox(counter, (seed & 0xFFFFFFFF, seed >> 32))


def uniform(seed, purpose, a, index):
    w0, w1, _, _ = block(seed, purpose, a, index)
    return ((w0 | (w1 << np.uint64(32))) >> np.uint64(11)).astype(np.float64) * 2.0**-53


def permutation(seed, epoch, n):
    index = np.arange(n + 1, dtype=np.uint64)
    w0, w1, _, _ = block(seed, SHUFFLE, epoch, index)
    order = list(range(n))
    for last in range(n, 1, -1):
        other = ((int(w1[last]) << 32 | int(w0[last])) * last) >> 64
        order[last - 1], order[other] = order[other], order[last - 1]
    return np.array(order)


def symmetric_uniform(seed, parameter, shape, bound):
    """A parameter tensor drawn from U(-bound, bound), in Tandem's memory order."""
    count = int(np.prod(shape))
    values = np.empty(count, dtype=np.float32)
    for begin in range(0, count, 1 << 20):
        index = np.arange(begin, min(count, begin + (1 << 20)))
        values[begin : begin + len(index)] = bound * (2 * uniform(seed, INITIALISE, parameter, index) - 1)
    return values.reshape(shape)
