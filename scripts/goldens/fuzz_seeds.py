#!/usr/bin/python3
"""Writes the seeds of the fuzz targets: a sound file or two for each reader that has no examples elsewhere.

    scripts/goldens/fuzz_seeds.py tests/data/fuzz
"""

import argparse
import gzip
import json
import struct
import zlib
from pathlib import Path


def safetensors(tensors, metadata):
    header, data = {"__metadata__": metadata}, b""
    for name, (dtype, shape, content) in tensors.items():
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [len(data), len(data) + len(content)]}
        data += content
    text = json.dumps(header, separators=(",", ":")).encode()
    return struct.pack("<Q", len(text)) + text + data


def checkpoint(colours):
    return json.dumps({
        "version": 2,
        "net": "name = 'x'",
        "recipe": "batch = 1\nepochs = 1\nrate = { schedule = 'constant', base = 1 }\n",
        "recipe_hash": "cbf29ce484222325",
        "step": 12,
        "tested_step": 10,
        "best_step": 4,
        "plateau": {"best_error": 1e30, "epochs_since_best": 0, "drops": 0},
        "classes": ["a", "b"],
        "image": [2, 2, 3],
        "colours": colours,
        "checksums": {"normaliser": f"{zlib.crc32(struct.pack('<3f', 1, 2, 3)):08x}"},
    }).encode()  # fmt: skip


COLOURS = {
    "mean": [1, 2, 3],
    "covariance": [1, 0, 0, 0, 1, 0, 0, 0, 1],
    "eigenvalues": [3, 2, 1],
    "eigenvectors": [1, 0, 0, 0, 1, 0, 0, 0, 1],
}


def shard(sizes, whole):
    """Packed photographs of these sizes, (height, width); their short side is 2."""
    pixels = [bytes(range(height * width * 3)) for height, width in sizes]
    count, shape = len(sizes), [sum(map(len, pixels))] if whole else [len(sizes), 2, 2, 3]
    label = struct.pack("<i", 1)
    checksums = [zlib.crc32(label, zlib.crc32(one)) for one in pixels]
    tensors = {
        "labels": ("I32", [count], label * count),
        "checksums": ("U32", [count], struct.pack(f"<{count}I", *checksums)),
    }
    if whole:
        tensors["sizes"] = ("I32", [count, 2], b"".join(struct.pack("<2i", *size) for size in sizes))
    tensors["pixels"] = ("U8", shape, b"".join(pixels))
    framing = "whole" if whole else "centre-square"
    return safetensors(tensors, {"side": "2", "framing": framing, "source": "s", "names": '["a/b","c/d"]',
                                 "broken": '{"a/e":"is empty"}'})  # fmt: skip


def statistics():
    tensors = {"mean_image": ("F32", [2, 2, 3], struct.pack("<12f", *range(12)))}
    for name, shape in {"channel_means": [3], "channel_deviations": [3], "covariance": [3, 3], "eigenvalues": [3],
                        "eigenvectors": [3, 3]}.items():  # fmt: skip
        count = 3 ** len(shape)
        tensors[name] = ("F64", shape, struct.pack(f"<{count}d", *range(1, count + 1)))
    tensors["class_counts"] = ("I64", [2], struct.pack("<2q", 3, 4))
    return safetensors(tensors, {})


PACK_INDEX = """{"format": "tandem-pack-1", "side": 2, "framing": "centre-square", "classes": ["a", "c"],
"shards": {"train": [2, 1], "test": [1]}, "broken": {"a/e": "is empty"}}"""


def idx(*dimensions):
    """An IDX file of ones."""
    count = 1
    for dimension in dimensions:
        count *= dimension
    return struct.pack(f">4B{len(dimensions)}I", 0, 0, 8, len(dimensions), *dimensions) + b"\1" * count


def two_files(first, second):
    return bytes([len(first)]) + first + second


# Two pixels and one.
BMP = struct.pack("<2sIIIIiiHHIIiiII", b"BM", 62, 0, 54, 40, 2, 1, 1, 24, 0, 8, 0, 0, 0, 0) + b"\1\2\3\4\5\6\0\0"
GIF = b"GIF89a\1\0\1\0\x80\0\0\1\2\3\xff\xff\xff,\0\0\0\0\1\0\1\0\0\2\2D\1\0;"

LOG = """{"step": 1, "epoch": 0.5, "loss": 2.5, "error": 90}
{"step": 2, "epoch": 1, "loss": null, "error": 80}
{"step": 2, "epoch": 1, "test_error": 70, "test_loss": 2}
{"step": 20, "epoch": 10, "loss": 1e-3"""

NET = """name = "all"
input = { height = 9, width = 9, channels = 4 }
classes = 2
[[layer]]
name = "a"
type = "local"
outputs = 4
kernel = 3
pad = [1, 0, 1, 0]
[[layer]]
name = "b"
type = "lrn-same-map"
n = 3
alpha = 1e-2
beta = 0.75
k = 1
[[layer]]
name = "c"
type = "slice"
inputs = ["b"]
begin = 0
end = 2
[[layer]]
name = "d"
type = "slice"
inputs = ["b"]
begin = 2
end = 4
[[layer]]
name = "e"
type = "concat"
inputs = ["c", "d"]
[[layer]]
name = "f"
type = "tanh"
[[layer]]
name = "g"
type = "average-pool"
kernel = 2
stride = 2
rounding = "ceil"
count_padding = true
[[layer]]
name = "h"
type = "global-average-pool"
[[layer]]
name = "i"
type = "fully-connected"
outputs = 2
rate_multiplier = { weights = 2, biases = 1 }
init = { weights = "he", bias = { constant = 1 } }
[[layer]]
name = "j"
type = "softmax-cross-entropy"
"""

RECIPE = """batch = 8
epochs = 4
limit = 100
rate = { schedule = "plateau", base = 0.02, patience = 1, factor = 0.5, minimum = 1e-4 }
biases = { rate = { schedule = "geometric", base = 0.1, pieces = 4, overall = 250 }, decay_multiplier = 0 }
input = { subtract = "mean-image", resize = 40, scale = 0.5 }
augment = { crop = 24, flip = true }
"""

SEEDS = {
    "checkpoint": [checkpoint(None), checkpoint(COLOURS)],
    "cifar": [two_files(b"", b"\3" + b"p" * 3072), two_files(b"a\nb\nc\nd\ne\nf\ng\nh\ni\nj\n", b"\3" + b"p" * 3072)],
    "gzip": [gzip.compress(b"tandem " * 50, mtime=0)],
    "idx": [two_files(idx(2), idx(2, 3, 4))],
    "log": [LOG.encode()],
    "net": [NET.encode()],
    "pack_index": [PACK_INDEX.encode()],
    "photo": [BMP, GIF],
    "recipe": [RECIPE.encode()],
    "safetensors": [
        safetensors({"a": ("F32", [2, 2], b"\0" * 16), "b": ("U8", [], b"\1"), "c": ("I64", [1], b"\2" * 8)},
                    {"format": "pt"})
    ],
    "shard": [shard([(2, 2), (2, 2)], whole=False), shard([(2, 3), (4, 2)], whole=True)],
    "statistics": [statistics()],
    "torch": [
        safetensors({"features.0.weight": ("F32", [2, 1, 2, 2], b"\0" * 32), "features.0.bias": ("F32", [2], b"\0" * 8),
                     "classifier.0.weight": ("F32", [2, 8], b"\0" * 64), "classifier.0.bias": ("F32", [2], b"\0" * 8)},
                    {"format": "pt"})
    ],
}  # fmt: skip


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder
    for target, seeds in SEEDS.items():
        for number, seed in enumerate(seeds):
            file = folder / target / f"seed-{number}"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(seed)


if __name__ == "__main__":
    main()
