#!/usr/bin/python3
"""Decoding and reading photographs: Tandem beside Pillow and torchvision, in turn, on one processor.

    scripts/peers/photographs.py DIR [--rounds 3]      # DIR/train/CLASS/*.jpg and DIR/val/CLASS/*.jpg

Needs Debian's python3-pil, python3-torch and python3-torchvision, and a built Tandem. All of them run on the same single
processor, in turn in every round, so that whatever else the machine does meets them all:

    tandem pack         files to 256 x 256 shards on the disk, measured once more for the statistics
    tandem folder       `tandem bench data` of the folder: decode, resize, crop
    tandem shards       `tandem bench data` of the shards: map, checksum, copy
    pillow              open, convert, resize (BILINEAR, antialiased), crop, to an array
    pillow draft        the same with JPEG's scaled decoding where Pillow would use it
    torchvision         datasets.ImageFolder with Resize(256) and CenterCrop(256), to a uint8 tensor

Each line shows images per second of processor time, which hardly depends on what else the machine does: the median over
the rounds, the smallest and the largest; and the median by the clock, which waits for the disk too. The last line is the
medians of processor time as JSON.
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from PIL import Image

TANDEM = Path(__file__).resolve().parents[2] / "build/tandem"
SIDE = 256


def photographs(folder):
    return [f for split in ("train", "val", "test") for f in sorted((folder / split).glob("*/*")) if f.is_file()]


def tandem(*arguments):
    subprocess.run([TANDEM, *map(str, arguments)], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def processor_seconds():
    """Of this process and of those it has waited for."""
    return sum(os.times()[:4])


def pillow(files, draft):
    for file in files:
        image = Image.open(file)
        scale = SIDE / min(image.size)
        size = [max(SIDE, int(side * scale)) for side in image.size]
        if draft:
            image.draft("RGB", (2 * size[0], 2 * size[1]))
        image = image.convert("RGB").resize(size, Image.Resampling.BILINEAR)
        left, top = (size[0] - SIDE) // 2, (size[1] - SIDE) // 2
        np.asarray(image.crop((left, top, left + SIDE, top + SIDE)))


def torchvision_reader(folder):
    import torch
    from torchvision import datasets, transforms

    torch.set_num_threads(1)
    steps = transforms.Compose([transforms.Resize(SIDE), transforms.CenterCrop(SIDE), transforms.PILToTensor()])
    splits = [folder / split for split in ("train", "val", "test") if (folder / split).is_dir()]

    def read():
        for split in splits:
            for _ in datasets.ImageFolder(split, steps):
                pass

    return read


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    files = photographs(arguments.folder)
    if not files:
        sys.exit(f"{arguments.folder} holds no train/CLASS/*")
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    scratch = Path(tempfile.mkdtemp(prefix="tandem-photographs-"))
    packed = scratch / "packed"

    def pack():
        shutil.rmtree(packed, ignore_errors=True)
        tandem("pack", arguments.folder, packed)

    training = sum(1 for _ in (arguments.folder / "train").glob("*/*"))

    readers = {
        "tandem pack": (pack, len(files)),
        "tandem folder": (lambda: tandem("bench", "data", arguments.folder, "--images", training), training),
        "tandem shards": (lambda: tandem("bench", "data", packed, "--images", 10 * training), 10 * training),
        "pillow": (lambda: pillow(files, draft=False), len(files)),
        "pillow draft": (lambda: pillow(files, draft=True), len(files)),
    }
    try:
        readers["torchvision"] = (torchvision_reader(arguments.folder), len(files))
    except ImportError as error:
        print(f"without torchvision: {error}")
    by_processor = {name: [] for name in readers}
    by_clock = {name: [] for name in readers}
    try:
        for _ in range(arguments.rounds):
            for name, (read, images) in readers.items():
                started, used = time.perf_counter(), processor_seconds()
                read()
                by_clock[name].append(images / (time.perf_counter() - started))
                by_processor[name].append(images / (processor_seconds() - used))
    finally:
        shutil.rmtree(scratch)
    print(f"{len(files)} photographs, {arguments.rounds} rounds, one processor; images per second")
    print(f"{'':15} {'median':>8} {'smallest':>8} {'largest':>8} {'by clock':>8}")
    for name, rates in by_processor.items():
        values = statistics.median(rates), min(rates), max(rates), statistics.median(by_clock[name])
        print(f"{name:15}" + "".join(f" {value:8.0f}" for value in values))
    print(json.dumps({name: round(statistics.median(rates), 1) for name, rates in by_processor.items()}))


if __name__ == "__main__":
    main()
