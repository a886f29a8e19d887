#!/usr/bin/python3
"""Do Tandem and PyTorch learn the same? One net, the same weights, order and recipe in both; losses step by step.

    scripts/peers/fashion_curves.py [--model alexnet-fashion] [--limit 12000] [--epochs 3] [--steps N]
                                    [--ours RUN] [--pytorch RUN] [--also RUN ...] [--out runs/fashion-curves]

Trains first with Tandem (into OUT/MODEL), then with PyTorch (into OUT/MODEL-pytorch), dropout off in both; --ours and
--pytorch name runs that are there already and are taken instead. Then compares the losses, and draws them into
OUT/curves.svg with those of the runs in --also. Exit code 1 if the losses of the first 50 steps differ by more than
0.001: later, differences in rounding have grown by themselves, and only means can be compared.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FIRST_STEPS, TOLERANCE = 50, 1e-3
WINDOW = 20


def run(command):
    """What fails has said why; this program then ends with the same exit code."""
    code = subprocess.run(command).returncode
    if code:
        sys.exit(code)


def train_ours(arguments, out):
    net = tomllib.loads((ROOT / "apps" / "models" / arguments.model / "net.toml").read_text())
    command = [arguments.tandem, "train", arguments.model, "--data", arguments.data, "--out", out]
    command += ["--set", f"limit={arguments.limit}", "--epochs", str(arguments.epochs), "--seed", str(arguments.seed)]
    for layer in net["layer"]:
        if layer["type"] == "dropout":
            command += ["--set", f"{layer['name']}.keep=1"]
    if arguments.steps:
        command += ["--steps", str(arguments.steps)]
    run(command)
    return out


def train_pytorch(arguments, ours, out):
    script = Path(__file__).with_name("pytorch_run.py")
    command = [sys.executable, script, ours, "--data", arguments.data, "--out", out]
    command += ["--steps", str(arguments.steps)] * bool(arguments.steps)
    run(command)
    return out


def read_log(run):
    """The losses of all steps, and the last test's error in per cent, None if there was no test yet."""
    lines = [json.loads(line) for line in (run / "log.jsonl").read_text().splitlines()]
    steps = [line for line in lines if "loss" in line]
    if [line["step"] for line in steps] != list(range(1, len(steps) + 1)):
        raise SystemExit(f"{run}: its log has not every step, as those of runs of more than 1000 steps")
    tests = [line["test_error"] for line in lines if "test_error" in line]
    return [line["loss"] for line in steps], tests[-1] if tests else None


def compare_first_steps(ours, theirs):
    """Prints the largest difference; returns whether it is small enough."""
    differences = [abs(a - b) for a, b in zip(ours[:FIRST_STEPS], theirs[:FIRST_STEPS])]
    largest = max(differences)
    verdict = "agree" if largest <= TOLERANCE else "DIFFER"
    print(f"first {len(differences)} steps: {verdict}; largest difference {largest:.2e} "
          f"at step {differences.index(largest) + 1}, allowed {TOLERANCE:g}")  # fmt: skip
    return largest <= TOLERANCE


def compare_windows(ours, theirs):
    """Means over windows, beside their noise: the standard error that a mean of so many different batches has."""
    steps = min(len(ours), len(theirs))
    if steps < FIRST_STEPS + 2:
        return
    print("     steps  Tandem  PyTorch  difference   noise")
    for begin in range(FIRST_STEPS, steps - 1, WINDOW):
        end = min(begin + WINDOW, steps)
        a, b = statistics.mean(ours[begin:end]), statistics.mean(theirs[begin:end])
        noise = statistics.stdev(ours[begin:end]) / (end - begin) ** 0.5
        print(f"{f'{begin + 1}-{end}':>10}  {a:6.4f}   {b:6.4f}     {a - b:+.4f}  {noise:.4f}")


def compare(ours, theirs):
    our_losses, our_error = read_log(ours)
    their_losses, their_error = read_log(theirs)
    if not our_losses or not their_losses:
        raise SystemExit(f"{theirs if our_losses else ours}: no step is logged yet")
    agree = compare_first_steps(our_losses, their_losses)
    compare_windows(our_losses, their_losses)
    for name, error, losses in (("Tandem", our_error, our_losses), ("PyTorch", their_error, their_losses)):
        print(f"{name}: {len(losses)} steps, test error " + ("not measured yet" if error is None else f"{error:.2f} %"))
    return agree


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="alexnet-fashion", choices=["alexnet-fashion", "lenet", "lenet-relu"])
    parser.add_argument("--data", type=Path, default=Path("/usr/share/datasets/fashion-mnist"))
    parser.add_argument("--limit", type=int, default=12000, help="train on the first so many images")
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--steps", type=int, help="stop after so many")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--ours", type=Path, metavar="RUN")
    parser.add_argument("--pytorch", type=Path, metavar="RUN")
    parser.add_argument("--also", type=Path, nargs="+", default=[], metavar="RUN")
    parser.add_argument("--out", type=Path, default=Path("runs/fashion-curves"))
    parser.add_argument("--tandem", type=Path, default=ROOT / "build" / "tandem", help="the program")
    arguments = parser.parse_args()

    ours = arguments.ours or train_ours(arguments, arguments.out / arguments.model)
    theirs = arguments.pytorch or train_pytorch(arguments, ours, arguments.out / f"{arguments.model}-pytorch")
    agree = compare(ours, theirs)
    arguments.out.mkdir(parents=True, exist_ok=True)
    picture = arguments.out / "curves.svg"
    command = [arguments.tandem, "show", "curves", ours, theirs, *arguments.also, "--out", picture]
    run(command)
    sys.exit(0 if agree else 1)


if __name__ == "__main__":
    main()
