"""Numbers that a name and an index determine, the same here and in C++ (test/support/golden.h).

    u(name, i) = top 24 bits of mix((FNV1a(name) ^ seed) + i * 0x9E3779B9), mapped to [-1, 1)

mix is the 32-bit finalizer of MurmurHash3. u has 24 bits, so it is exact in float. Seed 0 unless a
script sets another.
"""
import numpy as np

seed = 0


def bits(name, count):
    """`count` 32-bit words: FNV-1a of the name, plus Weyl steps, mixed."""
    hashed = 0x811C9DC5
    for byte in name.encode():
        hashed = (hashed ^ byte) * 0x01000193 % 2**32
    word = np.arange(count, dtype=np.uint32) * np.uint32(0x9E3779B9) + np.uint32(hashed ^ seed)
    word = (word ^ (word >> 16)) * np.uint32(0x85EBCA6B)
    word = (word ^ (word >> 13)) * np.uint32(0xC2B2AE35)
    return word ^ (word >> 16)


def values(name, shape, center=0.0, spread=1.0):
    """center + spread * u in float: one rounding after the product, one after the sum."""
    words = bits(name, int(np.prod(shape)))
    uniform = (words >> 8).astype(np.float32) * np.float32(2.0**-23) - np.float32(1)
    return (np.float32(center) + np.float32(spread) * uniform).reshape(shape)


def labels(name, count, classes):
    return (bits(name, count) % np.uint32(classes)).astype(np.int64)
