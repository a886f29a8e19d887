#!/usr/bin/python3
"""Tandem, PyTorch and the machine's limits, in turn, on this CPU; ends with the tables that docs/performance.md shows.

    scripts/peers/pytorch_cpu.py [--model lenet ...] [--what training ...] [--batch 32] [--rounds 5]
    scripts/peers/pytorch_cpu.py --pytorch newest

Needs a built Tandem and Debian's python3-torch with a fast BLAS (apt-get install python3-torch libopenblas0-openmp). With
`--pytorch newest` it is the newest release instead, which this script installs in a virtual environment of its own,
build/pytorch-newest (python3-venv; some GB, once).

Each round runs Tandem, PyTorch and the limit one after the other, so that whatever else the machine does meets them all.
PyTorch runs in its fastest form, which is measured first: NCHW or channels-last, each way to compute a normalisation,
as it is, compiled (torch.compile, where there is one), and for inference frozen by TorchScript. Where the processor
multiplies bf16, its fastest form under bf16 autocast is the peer of Tandem's bf16. The limit of alexnet-paper is oneDNN's
(limit.cpp); that of inference on one image is the time that reading all weights once takes (read_once.cpp).
"""

import argparse
import contextlib
import json
import os
import shlex
import statistics
import subprocess
import sys
import time
import warnings
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
NEWEST = ROOT / "build" / "pytorch-newest"


def restart_with_newest():
    """Goes on under the newest PyTorch, after installing it where it is not there yet."""
    python = NEWEST / "bin" / "python"
    if Path(sys.prefix) == NEWEST:
        return
    if not (NEWEST / "complete").exists():
        print(f"installing the newest PyTorch in {NEWEST}", flush=True)
        try:
            subprocess.run([sys.executable, "-m", "venv", "--clear", NEWEST], check=True)
            subprocess.run([python, "-m", "pip", "install", "--quiet", "torch", "numpy"], check=True)
        except subprocess.CalledProcessError as error:
            sys.exit(f"PyTorch cannot be installed there ({error}); it needs apt-get install python3-venv, and a network")
        (NEWEST / "complete").touch()
    os.execv(python, [str(python), *sys.argv])


if "newest" in sys.argv or "--pytorch=newest" in sys.argv:
    restart_with_newest()

# Debian's OpenBLAS obeys these, and older ones are slow with them.
if [os.environ.pop(name) for name in list(os.environ) if name.startswith("OPENBLAS_")]:
    os.execve(sys.executable, [sys.executable, *sys.argv], os.environ)

import torch  # noqa: E402

from nets import NETS, alexnet_paper, forms  # noqa: E402

warnings.filterwarnings("ignore")  # TorchScript says at every call that it is old
THREADS = len(os.sched_getaffinity(0))
WHAT = {"training": "training", "inference": "inference", "one": "inference"}  # one: on one image
MODELS = ["alexnet-paper", "alexnet-owt", "alexnet-fashion", "cifar-18pct", "lenet"]
BF16 = "PyTorch, bf16"
SECONDS_OF_A_TRIAL = 0.1  # a form's, three times: the best of them decides
MOST_SECONDS = 2.0  # of steps that a round repeats


class Peer:
    """A PyTorch net in one form, with its optimiser and one batch of random data."""

    def __init__(self, make, shape, classes, batch, training, channels_last, bf16, how):
        torch.manual_seed(1)
        layout = torch.channels_last if channels_last else torch.contiguous_format
        self.net = make().to(memory_format=layout).train(training)
        self.x = torch.randn(batch, *shape).contiguous(memory_format=layout)
        self.labels = torch.randint(0, classes, (batch,))
        self.training = training
        self.bf16 = bf16
        self.optimiser = torch.optim.SGD(self.net.parameters(), lr=1e-6, momentum=0.9, weight_decay=5e-4)
        if how == "compiled":
            torch._dynamo.reset()  # or it stops compiling after some nets
            self.net = torch.compile(self.net)
        elif how == "frozen":
            with torch.no_grad(), self.precision():
                self.net = torch.jit.optimize_for_inference(torch.jit.freeze(torch.jit.trace(self.net, self.x, check_trace=False)))

    def precision(self):
        return torch.autocast("cpu", torch.bfloat16) if self.bf16 else contextlib.nullcontext()

    def step(self):
        if not self.training:
            with torch.inference_mode(), self.precision():
                self.net(self.x)
            return
        self.optimiser.zero_grad(set_to_none=True)
        with self.precision():
            loss = torch.nn.functional.cross_entropy(self.net(self.x), self.labels)
        loss.backward()
        self.optimiser.step()

    def images_per_s(self, steps):
        """By the median step, as Tandem's rate is."""
        self.step()  # as Tandem has one that does not count
        seconds = []
        for _ in range(steps):
            start = time.perf_counter()
            self.step()
            seconds.append(time.perf_counter() - start)
        return len(self.x) / statistics.median(seconds)


def try_form(label, *form):
    """(images a second, label, peer), or nothing where PyTorch cannot."""
    try:
        peer = Peer(*form)
        for _ in range(3):  # compiling, and TorchScript's profiling
            peer.step()
        steps = max(1, int(SECONDS_OF_A_TRIAL * peer.images_per_s(1) / len(peer.x)))
        rate = max(peer.images_per_s(steps) for _ in range(3))
    except Exception as error:  # whatever a compiler throws
        print(f"  PyTorch, {label}: does not work ({str(error).splitlines()[0] if str(error) else error!r})", flush=True)
        return None
    print(f"  PyTorch, {label}: {rate:.1f} images/s", flush=True)
    return rate, label, peer


def fastest(candidates, shape, classes, batch, training, bf16):
    """Of {name: makes the net}: layouts first; then, in the layout that won, other ways to run it."""
    best = None
    for name, make in candidates.items():
        begin = ", ".join(filter(None, [name, "bf16" if bf16 else ""]))
        tried = []
        for channels_last in (False, True):
            label = ", ".join(filter(None, [begin, "channels-last" if channels_last else "NCHW"]))
            tried.append((channels_last, try_form(label, make, shape, classes, batch, training, channels_last, bf16, "")))
        tried = [(layout, result) for layout, result in tried if result]
        if not tried:
            continue
        layout, result = max(tried, key=lambda each: each[1][0])
        results = [result]
        for how in ["compiled"] * hasattr(torch, "compile") + ["frozen"] * (not training):
            results.append(try_form(f"{result[1]}, {how}", make, shape, classes, batch, training, layout, bf16, how))
        best = max([each for each in [best, *results] if each], key=lambda each: each[0])
    return best


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


def run_json(*command):
    return json.loads(subprocess.run([str(word) for word in command], check=True, capture_output=True, text=True).stdout)


def tandem(command, model, *more):
    return run_json(ROOT / "build" / "tandem", *command, model, "--device", "cpu", *more)


class Tandem:
    def __init__(self, model, batch, training, precision):
        self.arguments = [model, "--batch", str(batch), "--json", "-", "--precision", precision]
        self.arguments += ["--inference"] * (not training)
        self.batch = batch
        self.setting = {}

    def rows(self, rounds, *more):
        record = tandem(["bench", "net"], *self.arguments, "--rounds", str(rounds), *more)
        self.setting = record["setting"]
        return record["rows"]

    def images_per_s(self, steps):
        return self.batch / self.rows(steps, "--whole")[0]["median_seconds"]

    def gemm_share(self):
        rows = self.rows(3)
        kinds = [row["median_seconds"] for row in rows if row["work"] == "gemm"]
        return sum(kinds) / rows[0]["median_seconds"]


def build(name, *flags):
    program, source = ROOT / "build" / name, Path(__file__).with_name(name + ".cpp")
    if not program.exists() or program.stat().st_mtime < source.stat().st_mtime:
        subprocess.run(["g++", "-std=c++17", "-fopenmp", source, "-o", program, *flags], check=True)
    return program


def limits(model, what, batch):
    """{name: images a second of the machine's limit, asked anew each time}."""
    if what == "one":
        program = build("read_once", "-O3", "-march=native")
        weights = 4 * tandem(["plan"], model, "--json")["parameters"]
        return {"reading the weights": lambda: 1 / run_json(program, weights)["seconds"]}
    if model == "alexnet-paper":
        program = build("limit", "-O2", "-ldnnl")
        return {"the limit": lambda: run_json(program, batch, what)["images_per_s"]}
    return {}


def peers(model, batch, training):
    shape, classes = NETS[model][1:]
    found = {"PyTorch": fastest(forms(model), shape, classes, batch, training, bf16=False)}
    if model == "alexnet-paper":
        found["PyTorch without LRN"] = fastest({"no LRN": alexnet_paper}, shape, classes, batch, training, bf16=False)
    if any(flag in Path("/proc/cpuinfo").read_text() for flag in ("avx512_bf16", "amx_bf16")):
        found[BF16] = fastest(forms(model), shape, classes, batch, training, bf16=True)
    return {name: best for name, best in found.items() if best}


def ratio(ours, theirs):
    ratios = [mine / other for mine, other in zip(ours, theirs)]
    return f"{statistics.median(ratios):.2f} ({min(ratios):.2f}–{max(ratios):.2f})"


def measure(model, what, arguments):
    """One row of the table, {column: text}; the setting; and {name: rates, one a round}."""
    batch, training = (1 if what == "one" else arguments.batch), what == "training"
    print(f"\n{model}, {WHAT[what]}, batch {batch}", flush=True)
    opponents = peers(model, batch, training)
    machine = limits(model, what, batch)
    ours = {"Tandem": Tandem(model, batch, training, "float32")}
    if BF16 in opponents:
        ours["Tandem, bf16"] = Tandem(model, batch, training, "bf16")
    rates = {name: [] for name in [*ours, *opponents, *machine]}
    steps = max(2, min(200, int(MOST_SECONDS * ours["Tandem"].images_per_s(2) / batch)))
    for number in range(arguments.rounds):
        for name, tandem_net in ours.items():
            rates[name].append(tandem_net.images_per_s(steps))
        for name, (_, _, peer) in opponents.items():
            rates[name].append(peer.images_per_s(steps))
        for name, ask in machine.items():
            rates[name].append(ask())
        print(f"  round {number + 1}: " + ", ".join(f"{name} {values[-1]:.1f}" for name, values in rates.items()), flush=True)
    row = {"model": f"`{model}`", "what": f"{WHAT[what]}, batch {batch}",
           "images/s": f"{statistics.median(rates['Tandem']):,.1f}"}
    for name in [*opponents, *machine]:
        if name != BF16:
            row[f"of {name}"] = ratio(rates["Tandem"], rates[name])
    row["GEMM's share"] = f"{100 * ours['Tandem'].gemm_share():.0f} %"
    if BF16 in opponents:
        row["bf16: images/s"] = f"{statistics.median(rates['Tandem, bf16']):,.1f}"
        row["of our float32"] = ratio(rates["Tandem, bf16"], rates["Tandem"])
        row[f"of {BF16}"] = ratio(rates["Tandem, bf16"], rates[BF16])
    row["PyTorch's form"] = "; ".join(best[1] for best in opponents.values())
    return row, ours["Tandem"].setting, rates


def markdown(rows):
    columns = []
    for row in rows:
        columns += [column for column in row if column not in columns]
    columns.sort(key=lambda column: column == "PyTorch's form")
    lines = [columns, ["---"] * len(columns)] + [[row.get(column, "") for column in columns] for row in rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", nargs="+", default=MODELS, choices=sorted(NETS))
    parser.add_argument("--what", nargs="+", default=list(WHAT), choices=list(WHAT), help="one: inference on one image")
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--pytorch", choices=["debian", "newest"], default="debian")
    parser.add_argument("--json", type=Path, help="also write every round's rates there")
    arguments = parser.parse_args()
    torch.set_num_threads(THREADS)
    print(f"PyTorch {torch.__version__}, {THREADS} threads", flush=True)
    check_blas()
    rows, record = [], []
    for what in arguments.what:
        for model in arguments.model:
            row, setting, rates = measure(model, what, arguments)
            rows.append(row)
            record.append({"model": model, "what": what, "rates": rates, "pytorch": torch.__version__, "tandem": setting})
            if arguments.json:
                arguments.json.write_text(json.dumps(record, indent=1) + "\n")
    print(f"\n{setting['processor']}, {THREADS} threads; Tandem {setting['version']} ({setting['build']}, "
          f"{setting['compiler']}, {setting['gemm']}); PyTorch {torch.__version__}\n"
          f"{shlex.join([str(Path(__file__).relative_to(ROOT)), *sys.argv[1:]])}\n"
          f"Medians of {arguments.rounds} rounds; in brackets the smallest and largest ratio of a round.\n")
    for what in arguments.what:
        print(markdown([row for row, each in zip(rows, record) if each["what"] == what]) + "\n")


if __name__ == "__main__":
    main()
