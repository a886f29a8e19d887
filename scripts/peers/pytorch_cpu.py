#!/usr/bin/python3
"""Tandem, PyTorch and the machine's limit, in turn, on this CPU.

    scripts/peers/pytorch_cpu.py [--model alexnet-paper] [--batch 32] [--inference] [--rounds 5]

Needs Debian's python3-torch with a fast BLAS (apt-get install python3-torch libopenblas0-openmp) and a built Tandem. Each round runs Tandem,
PyTorch and the limit one after the other, so that whatever else the machine does meets them all. PyTorch runs in its
fastest form: NCHW or channels-last, and for the paper's net three ways to compute LRN; which is fastest is measured
first. The limit is for the paper's net only (limit.cpp). The last line is JSON: medians in images/s.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

# Debian's OpenBLAS obeys these, and older ones are slow with them.
for name in ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE"):
    if os.environ.pop(name, None) is not None:
        os.execve(sys.executable, [sys.executable, *sys.argv], os.environ)

import torch  # noqa: E402

from nets import LRN_FORMS, NETS  # noqa: E402

ROOT = Path(__file__).resolve().parents[2]
THREADS = len(os.sched_getaffinity(0))


class Peer:
    """One PyTorch net with its optimiser and one batch of random data."""

    def __init__(self, make, shape, classes, batch, inference, channels_last):
        torch.manual_seed(1)
        layout = torch.channels_last if channels_last else torch.contiguous_format
        self.net = make().to(memory_format=layout)
        self.x = torch.randn(batch, *shape).contiguous(memory_format=layout)
        self.labels = torch.randint(0, classes, (batch,))
        self.inference = inference
        self.net.train(not inference)
        self.optimiser = torch.optim.SGD(self.net.parameters(), lr=1e-6, momentum=0.9, weight_decay=5e-4)

    def step(self):
        if self.inference:
            with torch.inference_mode():
                self.net(self.x)
            return
        self.optimiser.zero_grad(set_to_none=True)
        torch.nn.functional.cross_entropy(self.net(self.x), self.labels).backward()
        self.optimiser.step()

    def images_per_s(self, steps):
        start = time.perf_counter()
        for _ in range(steps):
            self.step()
        return steps * len(self.x) / (time.perf_counter() - start)


def fastest(candidates, arguments, shape, classes):
    """Of {name: makes the net}, in both layouts: the one whose second step is quickest."""
    best = None
    for name, make in candidates.items():
        for channels_last in (False, True):
            peer = Peer(make, shape, classes, arguments.batch, arguments.inference, channels_last)
            peer.step()
            rate = peer.images_per_s(1)
            label = f"{name}, {'channels-last' if channels_last else 'NCHW'}"
            print(f"  PyTorch, {label}: {rate:.1f} images/s", flush=True)
            if best is None or rate > best[0]:
                best = (rate, label, peer)
    return best[1], best[2]


def check_blas():
    """PyTorch's fully-connected layers are its BLAS; without OpenBLAS Debian gives it a reference one, 30 times slower."""
    size, rounds = 1000, 10
    a = torch.randn(size, size)
    a @ a
    start = time.perf_counter()
    for _ in range(rounds):
        a @ a
    rate = 2e-9 * size**3 * rounds / (time.perf_counter() - start)
    print(f"PyTorch's matrix product: {rate:.0f} GFLOP/s", flush=True)
    if rate < 10 * THREADS:
        sys.exit("That is no opponent: install libopenblas0-openmp, so that PyTorch has a fast BLAS")


def ours(arguments, steps):
    command = [ROOT / "build" / "tandem", "bench", "net", arguments.model, "--batch", str(arguments.batch)]
    command += ["--rounds", str(steps), "--device", "cpu", "--json"] + ["--inference"] * arguments.inference
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def build_limit():
    program = ROOT / "build" / "limit"
    source = Path(__file__).with_name("limit.cpp")
    if not program.exists() or program.stat().st_mtime < source.stat().st_mtime:
        subprocess.run(["g++", "-std=c++17", "-O2", "-fopenmp", source, "-o", program, "-ldnnl"], check=True)
    return program


def limit(program, arguments):
    what = "inference" if arguments.inference else "training"
    output = subprocess.run([program, str(arguments.batch), what], check=True, capture_output=True, text=True).stdout
    return json.loads(output)


def spread(values):
    return f"{statistics.median(values):.1f} ({min(values):.1f} to {max(values):.1f})"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="alexnet-paper", choices=sorted(NETS))
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--inference", action="store_true")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--steps", type=int, default=2, help="steps a round of Tandem and of PyTorch")
    arguments = parser.parse_args()
    torch.set_num_threads(THREADS)
    make, shape, classes = NETS[arguments.model]
    is_paper = arguments.model == "alexnet-paper"
    print(f"{arguments.model}, {'inference' if arguments.inference else 'training'}, batch {arguments.batch}, "
          f"{THREADS} threads, PyTorch {torch.__version__}", flush=True)

    check_blas()
    peers = {}
    if is_paper:
        forms = {f"LRN by {name}": (lambda form=form: make(form)) for name, form in LRN_FORMS.items()}
        peers["pytorch_lrn"] = fastest(forms, arguments, shape, classes)
    peers["pytorch_no_lrn" if is_paper else "pytorch"] = fastest({"no LRN" if is_paper else "as it is": make}, arguments, shape, classes)

    program = build_limit() if is_paper else None
    rates = {"ours": [], **{key: [] for key in peers}, **({"limit": [], "limit_gemm": []} if is_paper else {})}
    gemm_shares = []
    for number in range(arguments.rounds):
        measured = ours(arguments, arguments.steps)
        rates["ours"].append(measured["images_per_s"])
        gemm_shares.append(measured["gemm_share"])
        for key, (_, peer) in peers.items():
            rates[key].append(peer.images_per_s(arguments.steps))
        if program:
            measured = limit(program, arguments)
            rates["limit"].append(measured["images_per_s"])
            rates["limit_gemm"].append(measured["gemm_images_per_s"])
        print(f"  round {number + 1}: " + ", ".join(f"{key} {values[-1]:.1f}" for key, values in rates.items()), flush=True)

    for key, values in rates.items():
        label = f" ({peers[key][0]})" if key in peers else ""
        ratios = [mine / other for mine, other in zip(rates["ours"], values)]
        compared = f"; ours / {key}: {statistics.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})"
        print(f"{key}{label}: {spread(values)} images/s{compared if key != 'ours' else ''}")
    print(f"GEMM's share of our threads' time: {100 * statistics.median(gemm_shares):.0f} %")
    print(json.dumps({key: round(statistics.median(values), 2) for key, values in rates.items()}))


if __name__ == "__main__":
    main()
