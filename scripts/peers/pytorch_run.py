#!/usr/bin/python3
"""A run of Tandem again, in PyTorch: the same initial weights, the same order of images, the same recipe.

    scripts/peers/pytorch_run.py RUN --data FASHION-MNIST --out FOLDER [--steps N]

RUN is a folder of `tandem train`, of which only net.toml and recipe.toml are read, so it need not be finished. FOLDER
gets what such a folder has: net.toml, recipe.toml, log.jsonl, written step by step, and at last result.json.
"""

import argparse
import json
import os
import shutil
import time
import tomllib
from pathlib import Path

import torch
from torch.nn import functional as F

from idx import read_split
from initial_weights import load_initial_weights
from nets import NETS
from philox import permutation


class Images:
    """A split, prepared as Tandem does it without augmentation: resized, then scaled."""

    def __init__(self, folder, split, limit, recipe):
        images, labels = read_split(folder, split)
        count = limit or len(images)
        self.images = torch.tensor(images[:count]).unsqueeze(1)
        self.labels = torch.tensor(labels[:count]).long()
        self.side, self.scale = recipe.get("resize", 0), recipe["scale"]

    def __len__(self):
        return len(self.labels)

    def batch(self, indices):
        pixels = self.images[indices].float()
        if self.side:
            pixels = F.interpolate(pixels, size=(self.side, self.side), mode="bilinear", align_corners=False)
        return pixels * self.scale, self.labels[indices]


class Log:
    def __init__(self, path):
        self.file = open(path, "x", encoding="utf-8")

    def write(self, **line):
        print(json.dumps(line), file=self.file, flush=True)


def refuse_what_is_missing_here(net, recipe):
    """Exits unless the run needs nothing but what this file does."""
    wrong = []
    if net["name"] not in NETS:
        wrong.append(f"the net {net['name']}")
    if any(layer["type"] == "dropout" and layer["keep"] != 1 for layer in net["layer"]):
        wrong.append("dropout")
    if recipe["rate"]["schedule"] != "constant":
        wrong.append("a rate that changes")
    if any(multiplier != 1 for multiplier in recipe.get("biases", {}).values()):
        wrong.append("biases with a rate or a decay of their own")
    if recipe["input"].get("subtract", "none") != "none":
        wrong.append("a mean that is subtracted")
    if any(recipe.get("augment", {}).values()):
        wrong.append("augmentation")
    if wrong:
        raise SystemExit("pytorch_run.py: does not know " + ", ".join(wrong))


@torch.inference_mode()
def evaluate(net, images, batch):
    net.eval()
    loss = top1 = top5 = 0
    for indices in torch.arange(len(images)).split(batch):
        pixels, labels = images.batch(indices)
        scores = net(pixels)
        best = scores.topk(5).indices == labels[:, None]
        loss += F.cross_entropy(scores, labels, reduction="sum").item()
        top1 += best[:, 0].sum().item()
        top5 += best.sum().item()
    net.train()
    count = len(images)
    return {
        "test_error": 100 * (count - top1) / count,
        "test_top5_error": 100 * (count - top5) / count,
        "test_loss": loss / count,
    }


def train_step(net, optimiser, pixels, labels):
    """The loss and the error in per cent, both of the weights before the update."""
    optimiser.zero_grad(set_to_none=True)
    scores = net(pixels)
    loss = F.cross_entropy(scores, labels)
    loss.backward()
    optimiser.step()
    return loss.item(), 100 * (scores.argmax(1) != labels).float().mean().item()


def train(net, recipe, training, test, steps, log):
    """Trains for so many steps; returns the last test."""
    batch, rate = recipe["batch"], recipe["rate"]["base"]
    per_epoch = len(training) // batch  # what is left over from whole batches sits the epoch out
    # At a constant rate the paper's rule, whose momentum holds the rate, and PyTorch's, which multiplies by it
    # afterwards, are the same.
    optimiser = torch.optim.SGD(net.parameters(), rate, recipe["momentum"], weight_decay=recipe["decay"])
    for step in range(steps):
        start = time.perf_counter()
        epoch, first = step // per_epoch, step % per_epoch * batch
        if first == 0:
            order = torch.from_numpy(permutation(recipe["seed"], epoch, len(training)))
        pixels, labels = training.batch(order[first : first + batch])
        waited = time.perf_counter() - start
        loss, error = train_step(net, optimiser, pixels, labels)
        seconds = time.perf_counter() - start
        done = step + 1
        log.write(step=done, epoch=done / per_epoch, loss=loss, error=error, rate=rate, images_per_s=batch / seconds,
                  data_wait_share=waited / seconds)  # fmt: skip
        print(f"PyTorch: step {done}/{steps}, loss {loss:.4f}, {batch / seconds:.1f} images/s", flush=True)
        if done % per_epoch == 0 or done == steps:
            result = evaluate(net, test, batch)
            log.write(step=done, epoch=epoch + 1, **result)
            print(f"PyTorch: epoch {epoch + 1}, test error {result['test_error']:.2f} %", flush=True)
    return result


def repeat_run(run, data, out, most_steps=None):
    net_file, recipe_file = Path(run, "net.toml"), Path(run, "recipe.toml")
    description, recipe = (tomllib.loads(file.read_text()) for file in (net_file, recipe_file))
    refuse_what_is_missing_here(description, recipe)
    out = Path(out)
    out.mkdir(parents=True)
    for file in (net_file, recipe_file):
        shutil.copy(file, out)

    torch.set_num_threads(len(os.sched_getaffinity(0)))
    net = NETS[description["name"]][0]()
    for module in net:
        if isinstance(module, torch.nn.Dropout):
            module.p = 0
    load_initial_weights(net, description["layer"], recipe["seed"])
    training = Images(data, "train", recipe.get("limit", 0), recipe["input"])
    test = Images(data, "t10k", 0, recipe["input"])
    steps = recipe.get("steps", 0) or recipe["epochs"] * (len(training) // recipe["batch"])
    steps = min(steps, most_steps or steps)
    start = time.perf_counter()
    result = train(net, recipe, training, test, steps, Log(out / "log.jsonl"))
    result |= {"step": steps, "seconds": time.perf_counter() - start}
    (out / "result.json").write_text(json.dumps(result, indent=2) + "\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", type=Path)
    parser.add_argument("--data", required=True, type=Path)
    parser.add_argument("--out", required=True, type=Path, help="a new folder")
    parser.add_argument("--steps", type=int, help="stop after so many, if the run has more")
    arguments = parser.parse_args()
    repeat_run(arguments.run, arguments.data, arguments.out, arguments.steps)


if __name__ == "__main__":
    main()
