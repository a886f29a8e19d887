#!/usr/bin/python3
"""Loads what `tandem export --to torch` has written, and compares PyTorch's logits with Tandem's.

    torch_logits.py MODEL EXPORTED REFERENCE

REFERENCE is a safetensors file with `images` [count][height][width][channels] and `logits` [count][classes]. Prints the
largest difference by the largest logit; exits with 1 if it is more than 1e-5, with 77 where there is no PyTorch.
"""

import json
import struct
import sys

try:
    import torch
    from torch import nn
    from torch.nn import functional as F
except ImportError:
    print("skipped: this Python has no PyTorch (Debian's python3-torch)")
    raise SystemExit(77)


def load_file(path):
    """A safetensors file of float32 tensors."""
    with open(path, "rb") as file:
        (size,) = struct.unpack("<Q", file.read(8))
        header = json.loads(file.read(size))
        data = bytearray(file.read())
    header.pop("__metadata__", None)
    tensors = {}
    for name, entry in header.items():
        assert entry["dtype"] == "F32", name
        begin, end = entry["data_offsets"]
        tensors[name] = torch.frombuffer(data[begin:end], dtype=torch.float32).reshape(entry["shape"])
    return tensors


class AlexNet(nn.Module):
    """torchvision.models.AlexNet, written out."""

    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(3, 64, kernel_size=11, stride=4, padding=2),
            nn.ReLU(),
            nn.MaxPool2d(kernel_size=3, stride=2),
            nn.Conv2d(64, 192, kernel_size=5, padding=2),
            nn.ReLU(),
            nn.MaxPool2d(kernel_size=3, stride=2),
            nn.Conv2d(192, 384, kernel_size=3, padding=1),
            nn.ReLU(),
            nn.Conv2d(384, 256, kernel_size=3, padding=1),
            nn.ReLU(),
            nn.Conv2d(256, 256, kernel_size=3, padding=1),
            nn.ReLU(),
            nn.MaxPool2d(kernel_size=3, stride=2),
        )
        self.avgpool = nn.AdaptiveAvgPool2d((6, 6))
        self.classifier = nn.Sequential(
            nn.Dropout(),
            nn.Linear(256 * 6 * 6, 4096),
            nn.ReLU(),
            nn.Dropout(),
            nn.Linear(4096, 4096),
            nn.ReLU(),
            nn.Linear(4096, 1000),
        )

    def forward(self, x):
        x = self.avgpool(self.features(x))
        return self.classifier(torch.flatten(x, 1))


class ColumnNorm(nn.Module):
    """The paper's normalisation, whose window stays inside one of two columns; PyTorch divides alpha by n."""

    def forward(self, x):
        return torch.cat([F.local_response_norm(half, 5, 5 * 1e-4, 0.75, 2.0) for half in x.chunk(2, 1)], 1)


class PaperDropout(nn.Module):
    def forward(self, x):
        return x * 0.5


class BottomRightConv2d(nn.Conv2d):
    """Pads three pixels, at the right and at the bottom."""

    def forward(self, x):
        return super().forward(F.pad(x, (0, 3, 0, 3)))


class PaperNet(nn.Module):
    """alexnet-paper: two columns, as groups."""

    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(
            BottomRightConv2d(3, 96, 11, stride=4), nn.ReLU(), ColumnNorm(), nn.MaxPool2d(3, 2),
            nn.Conv2d(96, 256, 5, padding=2, groups=2), nn.ReLU(), ColumnNorm(), nn.MaxPool2d(3, 2),
            nn.Conv2d(256, 384, 3, padding=1), nn.ReLU(),
            nn.Conv2d(384, 384, 3, padding=1, groups=2), nn.ReLU(),
            nn.Conv2d(384, 256, 3, padding=1, groups=2), nn.ReLU(), nn.MaxPool2d(3, 2),
        )  # fmt: skip
        self.classifier = nn.Sequential(
            nn.Linear(9216, 4096), nn.ReLU(), PaperDropout(),
            nn.Linear(4096, 4096), nn.ReLU(), PaperDropout(),
            nn.Linear(4096, 1000),
        )  # fmt: skip

    def forward(self, x):
        return self.classifier(torch.flatten(self.features(x), 1))


def check_torchvision(tensors):
    """Where torchvision is installed, it has the last word on its own names."""
    try:
        import torchvision
    except ImportError:
        return
    theirs = {name: value.shape for name, value in torchvision.models.alexnet().state_dict().items()}
    assert theirs == {name: value.shape for name, value in tensors.items()}
    print("torchvision's names and shapes")


@torch.inference_mode()
def main():
    model, exported, reference = sys.argv[1:]
    tensors = load_file(exported)
    if model == "alexnet-owt":
        check_torchvision(tensors)
    net = {"alexnet-owt": AlexNet, "alexnet-paper": PaperNet}[model]().eval()
    net.load_state_dict(tensors, strict=True)
    expected = load_file(reference)
    logits = net(expected["images"].permute(0, 3, 1, 2))
    difference = (logits - expected["logits"]).abs().max() / expected["logits"].abs().max()
    print(f"{model}: logits differ by at most {difference.item():.2e} of the largest")
    return 0 if difference <= 1e-5 else 1


if __name__ == "__main__":
    sys.exit(main())
