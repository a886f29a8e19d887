"""The IDX files of MNIST and its relatives, plain or .gz, in NumPy."""

import gzip
from pathlib import Path

import numpy as np


def read_idx(folder, name):
    plain, packed = Path(folder, name), Path(folder, name + ".gz")
    data = plain.read_bytes() if plain.exists() else gzip.decompress(packed.read_bytes())
    rank = data[3]  # then the dimensions, big-endian, then the bytes
    shape = np.frombuffer(data, ">i4", rank, offset=4)
    return np.frombuffer(data, np.uint8, offset=4 + 4 * rank).reshape(shape)


def read_split(folder, split):
    """Images [n][height][width] and labels [n] of "train" or "t10k", which is the test set."""
    return read_idx(folder, f"{split}-images-idx3-ubyte"), read_idx(folder, f"{split}-labels-idx1-ubyte")
