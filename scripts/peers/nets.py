"""The peers' networks, in PyTorch: what Tandem's net files of the same names describe."""

import torch
from torch import nn
from torch.nn import functional as F


class Band(nn.Module):
    """The paper's LRN within groups, its window sum a 1x1 convolution with a banded matrix."""

    def __init__(self, channels, groups, n=5, alpha=1e-4, beta=0.75, k=2.0):
        super().__init__()
        width = channels // groups
        distance = (torch.arange(width)[:, None] - torch.arange(width)[None, :]).abs()
        band = (distance <= n // 2).float() * alpha
        self.register_buffer("band", band.repeat(groups, 1)[:, :, None, None])
        self.groups, self.beta, self.k = groups, beta, k

    def forward(self, x):
        scale = F.conv2d(x * x, self.band, groups=self.groups) + self.k
        return x * scale.pow(-self.beta)


class Shifted(nn.Module):
    """The same, its window sum five shifted additions."""

    def __init__(self, channels, groups, n=5, alpha=1e-4, beta=0.75, k=2.0):
        super().__init__()
        self.groups, self.n, self.alpha, self.beta, self.k = groups, n, alpha, beta, k

    def forward(self, x):
        b, c, h, w = x.shape
        half, width = self.n // 2, c // self.groups
        squares = F.pad((x * x).view(b, self.groups, width, h, w), (0, 0, 0, 0, half, half))
        total = sum(squares[:, :, i : i + width] for i in range(self.n))
        return x * (self.k + self.alpha * total.reshape(b, c, h, w)).pow(-self.beta)


class Own(nn.Module):
    """The same by PyTorch's own layer, which divides alpha by n and knows no groups."""

    def __init__(self, channels, groups, n=5, alpha=1e-4, beta=0.75, k=2.0):
        super().__init__()
        self.groups = groups
        self.norm = nn.LocalResponseNorm(n, alpha * n, beta, k)

    def forward(self, x):
        return torch.cat([self.norm(part) for part in x.chunk(self.groups, 1)], 1)


LRN_FORMS = {"1x1 convolution": Band, "shifted sums": Shifted, "nn.LocalResponseNorm": Own}


class SameMap(nn.Module):
    """cuda-convnet's normalisation over the 3x3 pixels around each, in one channel; the sum is pooling's."""

    def __init__(self, channels, alpha=5e-5 / 9, beta=0.75, k=1.0):
        super().__init__()
        self.alpha, self.beta, self.k = alpha, beta, k

    def window_sum(self, squares):
        return F.avg_pool2d(squares, 3, 1, 1, divisor_override=1)

    def forward(self, x):
        return x * (self.k + self.alpha * self.window_sum(x * x)).pow(-self.beta)


class SameMapConvolution(SameMap):
    """The same, its window sum a depthwise convolution."""

    def __init__(self, channels, **constants):
        super().__init__(channels, **constants)
        self.register_buffer("ones", torch.ones(channels, 1, 3, 3))

    def window_sum(self, squares):
        return F.conv2d(squares, self.ones, padding=1, groups=len(self.ones))


SAME_MAP_FORMS = {"pooling": SameMap, "depthwise convolution": SameMapConvolution}


def alexnet_paper(lrn=None):
    def norm(channels):
        return [] if lrn is None else [lrn(channels, groups=2)]

    def pool():
        return nn.MaxPool2d(3, 2)

    def conv(*arguments, **settings):
        return [nn.Conv2d(*arguments, **settings), nn.ReLU(inplace=True)]

    return nn.Sequential(
        nn.ZeroPad2d((0, 3, 0, 3)),
        *conv(3, 96, 11, stride=4), *norm(96), pool(),
        *conv(96, 256, 5, padding=2, groups=2), *norm(256), pool(),
        *conv(256, 384, 3, padding=1),
        *conv(384, 384, 3, padding=1, groups=2),
        *conv(384, 256, 3, padding=1, groups=2), pool(),
        nn.Flatten(),
        nn.Linear(9216, 4096), nn.ReLU(inplace=True), nn.Dropout(),
        nn.Linear(4096, 4096), nn.ReLU(inplace=True), nn.Dropout(),
        nn.Linear(4096, 1000),
    )  # fmt: skip


def alexnet_owt():
    return nn.Sequential(
        nn.Conv2d(3, 64, 11, stride=4, padding=2), nn.ReLU(inplace=True), nn.MaxPool2d(3, 2),
        nn.Conv2d(64, 192, 5, padding=2), nn.ReLU(inplace=True), nn.MaxPool2d(3, 2),
        nn.Conv2d(192, 384, 3, padding=1), nn.ReLU(inplace=True),
        nn.Conv2d(384, 256, 3, padding=1), nn.ReLU(inplace=True),
        nn.Conv2d(256, 256, 3, padding=1), nn.ReLU(inplace=True), nn.MaxPool2d(3, 2),
        nn.Flatten(),
        nn.Dropout(), nn.Linear(9216, 4096), nn.ReLU(inplace=True),
        nn.Dropout(), nn.Linear(4096, 4096), nn.ReLU(inplace=True),
        nn.Linear(4096, 1000),
    )  # fmt: skip


def cifar_18pct(norm=SameMap):
    def pool(kind):
        return kind(3, 2, ceil_mode=True)

    return nn.Sequential(
        nn.Conv2d(3, 32, 5, padding=2), nn.ReLU(inplace=True), pool(nn.MaxPool2d), norm(32),
        nn.Conv2d(32, 32, 5, padding=2), nn.ReLU(inplace=True), pool(nn.AvgPool2d), norm(32),
        nn.Conv2d(32, 64, 5, padding=2), nn.ReLU(inplace=True), pool(nn.AvgPool2d),
        nn.Flatten(),
        nn.Linear(1024, 10),
    )  # fmt: skip


def alexnet_fashion(dropout=0.5):
    return nn.Sequential(
        nn.Conv2d(1, 96, 11, stride=4), nn.ReLU(inplace=True), nn.MaxPool2d(3, 2),
        nn.Conv2d(96, 256, 5, padding=2), nn.ReLU(inplace=True), nn.MaxPool2d(3, 2),
        nn.Conv2d(256, 384, 3, padding=1), nn.ReLU(inplace=True),
        nn.Conv2d(384, 384, 3, padding=1), nn.ReLU(inplace=True),
        nn.Conv2d(384, 256, 3, padding=1), nn.ReLU(inplace=True), nn.MaxPool2d(3, 2),
        nn.Flatten(),
        nn.Linear(6400, 4096), nn.ReLU(inplace=True), nn.Dropout(dropout),
        nn.Linear(4096, 4096), nn.ReLU(inplace=True), nn.Dropout(dropout),
        nn.Linear(4096, 10),
    )  # fmt: skip


def lenet(activation=nn.Sigmoid):
    return nn.Sequential(
        nn.Conv2d(1, 6, 5, padding=2), activation(), nn.AvgPool2d(2),
        nn.Conv2d(6, 16, 5), activation(), nn.AvgPool2d(2),
        nn.Flatten(),
        nn.Linear(400, 120), activation(),
        nn.Linear(120, 84), activation(),
        nn.Linear(84, 10),
    )  # fmt: skip


# name: (makes the net, input shape, classes); alexnet-paper also takes a form of LRN
NETS = {
    "alexnet-paper": (alexnet_paper, (3, 224, 224), 1000),
    "alexnet-owt": (alexnet_owt, (3, 224, 224), 1000),
    "alexnet-fashion": (alexnet_fashion, (1, 224, 224), 10),
    "cifar-18pct": (cifar_18pct, (3, 32, 32), 10),
    "lenet": (lenet, (1, 28, 28), 10),
    "lenet-relu": (lambda: lenet(nn.ReLU), (1, 28, 28), 10),
}


def forms(model):
    """{how its normalisation is computed: makes the net}, all ways that PyTorch has; one without a name if there is none."""
    if model == "alexnet-paper":
        return {f"LRN by {name}": lambda lrn=lrn: alexnet_paper(lrn) for name, lrn in LRN_FORMS.items()}
    if model == "cifar-18pct":
        return {f"LRN by {name}": lambda norm=norm: cifar_18pct(norm) for name, norm in SAME_MAP_FORMS.items()}
    return {"": NETS[model][0]}
