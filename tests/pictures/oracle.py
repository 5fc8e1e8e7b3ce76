#!/usr/bin/env python3
"""Decoding and resizing equal Pillow's in every pixel: oracle.py PRINT_PIXELS COUNT [real].

COUNT drawn pictures of up to 1,200 pixels a side: JPEG (gray, colour, CMYK; each subsampling, quality, progressive), PNG of
every mode and depth; each is decoded, and resized to a drawn size from a drawn box. real: the 22,000 pictures of
$TAILBIT_TEST_DATA/tiny-imagenet-40.tar.xz too.
"""
import os
import pathlib
import random
import struct
import subprocess
import sys
import tarfile
import tempfile
import warnings
import zlib

try:
    import numpy as np
    from PIL import Image, ImageFile, features
except ImportError:
    print("skipped: python3-pil is not installed")
    sys.exit(77)

GRAY, CMYK, ALPHA, DEEP_GRAY, TURNED = 1, 2, 4, 8, 16
JPEG_MODES = ("L", "RGB", "RGB", "RGB", "CMYK")
SIDE_MAX = 1200

ImageFile.MAXBLOCK = 1 << 24  # Pillow cannot write some progressive files through a smaller buffer


class Printer:
    """The program under test, which answers line by line."""

    def __init__(self, program):
        self.process = subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def ask(self, line):
        self.process.stdin.write(line.encode() + b"\n")
        self.process.stdin.flush()
        return self.process.stdout.readline().decode()

    def picture(self, line):
        height, width, traits, warned = map(int, self.ask(line).split())
        pixels = self.process.stdout.read(height * width * 3)
        return np.frombuffer(pixels, np.uint8).reshape(height, width, 3), traits, warned


def draw(rng, side_max):
    """An array of smooth colours and noise."""
    height, width = (int(side_max ** rng.random()) for _ in range(2))
    values = np.random.default_rng(rng.randrange(2**32))
    small = values.integers(0, 256, (rng.randint(1, 9), rng.randint(1, 9), 4), dtype=np.uint8)
    planes = [Image.fromarray(small[:, :, c]).resize((width, height), Image.BICUBIC) for c in range(4)]
    smooth = np.stack([np.asarray(plane) for plane in planes], axis=2).astype(int)
    noise = values.integers(-40, 41, smooth.shape) if rng.random() < 0.5 else 0
    return np.clip(smooth + noise, 0, 255).astype(np.uint8)


def write_jpeg(path, array, rng):
    mode = rng.choice(JPEG_MODES)
    picture = Image.fromarray(array, "CMYK") if mode == "CMYK" else Image.fromarray(array[:, :, :3]).convert(mode)
    options = {"quality": rng.randint(1, 100), "progressive": rng.random() < 0.3, "optimize": rng.random() < 0.3}
    if mode != "L":
        options["subsampling"] = rng.choice((0, 1, 2))
    if rng.random() < 0.2:
        options["restart_marker_blocks"] = rng.randint(1, 50)
    turn = rng.choice((None, 1, 3, 6, 8))
    if turn is not None:
        exif = Image.Exif()
        exif[0x0112] = turn
        options["exif"] = exif
    picture.save(path, "JPEG", **options)
    return {"L": GRAY, "CMYK": CMYK}.get(mode, 0) | (TURNED if turn not in (None, 1) else 0)


def chunk(name, data):
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def write_raw_png(path, array, colour, depth, rng, palette=0):
    """A PNG of a colour type and depth that Pillow does not write."""
    height, width = array.shape[:2]
    channels = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}[colour]
    values = np.random.default_rng(rng.randrange(2**32))
    if depth == 16:
        samples = values.integers(0, 65536, (height, width * channels)).astype(">u2")
        samples[values.random(samples.shape) < 0.5] >>= 8
        rows = samples.view(np.uint8).reshape(height, -1)
    else:
        top = palette if palette else 1 << depth
        samples = values.integers(0, top, (height, width * channels)).astype(np.uint8)
        per_byte = 8 // depth
        padded = np.pad(samples, ((0, 0), (0, -samples.shape[1] % per_byte)))
        rows = np.zeros((height, padded.shape[1] // per_byte), np.uint8)
        for i in range(per_byte):
            rows |= padded[:, i::per_byte] << (8 - depth * (i + 1))
    body = b"".join(b"\0" + row.tobytes() for row in rows)
    extra = chunk(b"PLTE", values.integers(0, 256, 3 * palette, dtype=np.uint8).tobytes()) if palette else b""
    if rng.random() < 0.3 and colour in (0, 2, 3):
        extra += chunk(b"tRNS", {0: b"\0\1", 2: b"\0\1" * 3, 3: b"\x40"}[colour])
    head = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    extra = chunk(b"gAMA", struct.pack(">I", 30000)) + extra
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + extra + chunk(b"IDAT", zlib.compress(body, 1)) + chunk(b"IEND", b""))
    gray = GRAY if colour in (0, 4) else 0
    return gray | (ALPHA if colour in (4, 6) or b"tRNS" in extra else 0) | (DEEP_GRAY if (colour, depth) == (0, 16) else 0)


def write_png(path, array, rng):
    kind = rng.choice(((0, 1), (0, 2), (0, 4), (0, 8), (0, 16), (2, 8), (2, 16), (3, 1), (3, 2), (3, 4), (3, 8), (4, 8), (4, 16), (6, 8), (6, 16)))
    palette = rng.randint(2, 1 << kind[1]) if kind[0] == 3 else 0
    return write_raw_png(path, array, *kind, rng, palette)


def expect_same(ours, theirs, what):
    if ours.shape != theirs.shape or not np.array_equal(ours, theirs):
        where = f"{ours.shape} against {theirs.shape}" if ours.shape != theirs.shape else f"{np.count_nonzero(ours != theirs)} values differ"
        sys.exit(f"{what}: {where}")


def check_resize(printer, path, picture, rng):
    width, height = (max(1, int(SIDE_MAX ** rng.random())) for _ in range(2))
    box = (0.0, 0.0, float(picture.width), float(picture.height))
    if rng.random() < 0.7:
        corners = [sorted(np.float32(rng.uniform(0, side)) for _ in range(2)) for side in picture.size]
        if all(high - low > 0.01 for low, high in corners):
            box = tuple(float(corners[i % 2][i // 2]) for i in range(4))
    if rng.random() < 0.2:
        box = tuple(float(round(edge)) for edge in box)
        box = box[:2] + tuple(max(box[i] + 1.0, box[i + 2]) for i in range(2))
        box = box if box[2] <= picture.width and box[3] <= picture.height else (0.0, 0.0, *map(float, picture.size))
        if rng.random() < 0.5:
            width, height = int(box[2] - box[0]), int(box[3] - box[1])
    ours, _, _ = printer.picture(f"{path} {height} {width} " + " ".join(repr(edge) for edge in box))
    theirs = np.asarray(picture.resize((width, height), Image.BILINEAR, box=box))
    expect_same(ours, theirs, f"{path} from {box} to {width} x {height}")


def check_file(printer, path, traits=None):
    ours, found, warned = printer.picture(str(path))
    with Image.open(path) as opened:
        theirs = opened.convert("RGB")
    expect_same(ours, np.asarray(theirs), f"{path} ({opened.mode}, {opened.info})")
    if traits is not None and (found, warned) != (traits, 0):
        sys.exit(f"{path}: traits {found} and {warned} warnings, expected {traits} and 0")
    return theirs


def check_drawn(printer, count, folder):
    rng = random.Random(20181114)
    for i in range(count):
        array = draw(rng, SIDE_MAX)
        path = folder / f"drawn{i}"
        traits = write_png(path, array, rng) if i % 4 == 3 else write_jpeg(path, array, rng)
        check_resize(printer, path, check_file(printer, path, traits), rng)
        path.unlink()
    print(f"{count} drawn pictures equal Pillow {Image.__version__} on libjpeg-turbo {features.version('libjpeg_turbo')}")


def check_real(printer, archive, folder):
    rng, count = random.Random(5), 0
    with tarfile.open(archive) as pictures:
        pictures.extractall(folder, filter="data")
    for path in sorted(folder.rglob("*.JPEG")):
        check_resize(printer, path, check_file(printer, path), rng)
        count += 1
    print(f"{count} real pictures equal Pillow's")
    if count != 22000:
        sys.exit(f"{archive} has {count} pictures, expected 22000")


def main():
    warnings.simplefilter("ignore")  # of palettes with transparency
    printer = Printer(sys.argv[1])
    with tempfile.TemporaryDirectory() as folder:
        check_drawn(printer, int(sys.argv[2]), pathlib.Path(folder))
        if sys.argv[3:] == ["real"]:
            archive = os.path.join(os.environ.get("TAILBIT_TEST_DATA", ""), "tiny-imagenet-40.tar.xz")
            if not os.path.exists(archive):
                print("skipped: TAILBIT_TEST_DATA is not set, or has no tiny-imagenet-40.tar.xz")
                sys.exit(77)
            check_real(printer, archive, pathlib.Path(folder))


if __name__ == "__main__":
    main()
