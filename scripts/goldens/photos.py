#!/usr/bin/python3
"""Writes tests/data/photos: a small picture in every form that the decoder knows, and Pillow's pixels of each.

    scripts/goldens/photos.py            # needs Debian's python3-pil and python3-numpy

expected.safetensors holds a uint8 tensor [height, width, 3] for every file, named as the file is: what Pillow's
ImageOps.exif_transpose and convert("RGB") make of it; what is transparent is laid over white. `resized.H.W` is Pillow's
BILINEAR resize of rgb.png to that size.
"""

import io
import json
import struct
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

FOLDER = Path(__file__).resolve().parents[2] / "tests/data/photos"
HEIGHT, WIDTH = 37, 53  # no multiple of a JPEG block


def picture(height=HEIGHT, width=WIDTH):
    """Smooth, colourful, and different in every corner."""
    y, x = np.mgrid[0:height, 0:width] / [[[height]], [[width]]]
    red = 255 * x
    green = 255 * y
    blue = 127 + 120 * np.sin(7 * x + 4 * y)
    disc = (x - 0.3) ** 2 + (y - 0.35) ** 2 < 0.04
    pixels = np.stack([red, green, blue], axis=-1)
    pixels[disc] = [230, 40, 60]
    return Image.fromarray(pixels.round().astype(np.uint8))


def jpeg(image, **options):
    stream = io.BytesIO()
    image.save(stream, "JPEG", quality=90, **options)
    return stream.getvalue()


def adobe_transform(data, transform):
    """The file with another colour transform in its Adobe marker: 0 none, 1 YCbCr, 2 YCCK."""
    at = data.index(b"Adobe") + 11
    return data[:at] + bytes([transform]) + data[at + 1 :]


def ycck():
    y, cb, cr = picture().convert("YCbCr").split()
    black = Image.fromarray(np.linspace(255, 90, HEIGHT * WIDTH).astype(np.uint8).reshape(HEIGHT, WIDTH))
    # Pillow inverts what it writes as CMYK.
    planes = Image.merge("CMYK", [ImageOps.invert(plane) for plane in (y, cb, cr, black)])
    return adobe_transform(jpeg(planes, subsampling=0), 2)


def rgb_jpeg():
    """RGB without a colour transform: an Adobe marker that says so in place of the JFIF marker."""
    data = jpeg(Image.merge("RGB", picture().split()), subsampling=0)
    jfif_end = 2 + 2 + int.from_bytes(data[4:6], "big")
    return data[:2] + b"\xff\xee\x00\x0eAdobe\x00\x64\x00\x00\x00\x00\x00" + data[jfif_end:]


def exif(orientation, order=">"):
    mark = {"<": b"II", ">": b"MM"}[order]
    return b"Exif\0\0" + mark + struct.pack(order + "HIHHHIHHI", 42, 8, 1, 0x0112, 3, 1, orientation, 0, 0)


def other(image, kind, **options):
    stream = io.BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()


def files():
    image, small = picture(), picture(14, 22)
    alpha = Image.fromarray(np.linspace(0, 255, HEIGHT * WIDTH).astype(np.uint8).reshape(HEIGHT, WIDTH))
    rgba = image.copy()
    rgba.putalpha(alpha)
    grey_alpha = image.convert("LA")
    grey_alpha.putalpha(alpha)
    yield "grey.jpg", jpeg(image.convert("L"))
    for name, subsampling in (("444", 0), ("422", 1), ("420", 2)):
        yield f"{name}.jpg", jpeg(image, subsampling=subsampling)
    yield "progressive.jpg", jpeg(image, progressive=True)
    yield "rgb.jpg", rgb_jpeg()
    yield "cmyk.jpg", jpeg(image.convert("CMYK"))
    yield "ycck.jpg", ycck()
    for orientation in range(1, 9):
        yield f"orientation-{orientation}.jpg", jpeg(small, exif=exif(orientation, "<>"[orientation % 2]))
    yield "rgb.png", other(image, "PNG")
    yield "grey.png", other(image.convert("L"), "PNG")
    yield "bilevel.png", other(image.convert("1"), "PNG")
    yield "palette.png", other(image.convert("P", palette=Image.Palette.ADAPTIVE), "PNG")
    yield "palette-transparent.png", other(image.convert("P", palette=Image.Palette.ADAPTIVE), "PNG", transparency=3)
    yield "rgba.png", other(rgba, "PNG")
    yield "grey-alpha.png", other(grey_alpha, "PNG")
    yield "rgb.bmp", other(image, "BMP")
    yield "palette.gif", other(image.convert("P", palette=Image.Palette.ADAPTIVE), "GIF")


def expected(data):
    image = ImageOps.exif_transpose(Image.open(io.BytesIO(data)))
    if "A" in image.getbands() or "transparency" in image.info:
        image = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
    return np.asarray(image.convert("RGB"))


def write_safetensors(path, tensors):
    header, offset = {}, 0
    for name, values in tensors.items():
        header[name] = {"dtype": "U8", "shape": values.shape, "data_offsets": [offset, offset + values.size]}
        offset += values.size
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(struct.pack("<Q", len(text)) + text + b"".join(t.tobytes() for t in tensors.values()))


def main():
    FOLDER.mkdir(exist_ok=True)
    tensors = {}
    for name, data in files():
        (FOLDER / name).write_bytes(data)
        tensors[name] = expected(data)
    for height, width in ((20, 31), (37, 20), (90, 100), (5, 7)):
        resized = picture().resize((width, height), Image.Resampling.BILINEAR)
        tensors[f"resized.{height}.{width}"] = np.asarray(resized)
    write_safetensors(FOLDER / "expected.safetensors", tensors)
    print(f"{FOLDER}: {len(tensors)} tensors")


if __name__ == "__main__":
    main()
