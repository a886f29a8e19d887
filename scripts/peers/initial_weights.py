"""Tandem's initial weights in a PyTorch net: the same draws (philox.py), moved to PyTorch's layouts.

Tandem keeps maps as [height][width][channels]; so its kernels are [out][height][width][in], and the inputs of the first
fully-connected layer come in that order too. PyTorch's are [out][in][height][width] and [channels][height][width].
"""

from math import isqrt

import numpy as np
import torch
from torch import nn

from philox import symmetric_uniform

# As engine/net/initializer.cpp has them.
BOUNDS = {
    "uniform": lambda fan_in, fan_out: fan_in**-0.5,
    "xavier": lambda fan_in, fan_out: (6 / (fan_in + fan_out)) ** 0.5,
}


def draw(init, seed, parameter, shape, fans):
    if isinstance(init, str):
        return symmetric_uniform(seed, parameter, shape, BOUNDS[init](*fans))
    return np.full(shape, init, dtype=np.float32)


def kernel_shape(module, maps):
    """(height, width, inputs) of a kernel; a fully-connected layer's covers the whole of the `maps` maps below it."""
    if isinstance(module, nn.Conv2d):
        _, inputs, height, width = module.weight.shape
        return height, width, inputs
    side = isqrt(module.in_features // maps)
    return side, side, maps


def fans(module):
    if isinstance(module, nn.Linear):
        return module.in_features, module.out_features
    outputs, *kernel = module.weight.shape
    return int(np.prod(kernel)), kernel[1] * kernel[2] * outputs // module.groups


@torch.no_grad()
def load_initial_weights(net, layers, seed):
    """`net` is an nn.Sequential, `layers` are those of its net.toml; parameters are numbered in the net's order."""
    modules = [module for module in net if isinstance(module, (nn.Conv2d, nn.Linear))]
    learning = [layer for layer in layers if layer["type"] in ("convolution", "fully-connected")]
    maps = None
    for number, (module, layer) in enumerate(zip(modules, learning, strict=True)):
        outputs = module.weight.shape[0]
        if outputs != layer["outputs"]:
            raise SystemExit(f"{layer['name']}: {layer['outputs']} outputs in net.toml, {outputs} in PyTorch's net")
        init, shape = layer["init"], (outputs, *kernel_shape(module, maps))
        weights = draw(init["weights"], seed, 2 * number, shape, fans(module))
        biases = draw(init["bias"], seed, 2 * number + 1, (outputs,), fans(module))
        module.weight.copy_(torch.from_numpy(weights).permute(0, 3, 1, 2).reshape(module.weight.shape))
        module.bias.copy_(torch.from_numpy(biases))
        maps = outputs
