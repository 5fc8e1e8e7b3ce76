#!/usr/bin/env python3
"""Crops, resizes and flips equal those of NumPy and Pillow, from the same Philox words: crops_oracle.py PRINT_INPUTS.

Draws a folder of pictures (JPEG and PNG, colour and gray, upright, wide, long and narrow), lets the program import it, and
asks for training and test inputs of each kind of crop. Philox, torchvision's rules and normalisation are written anew here.
"""
import math
import pathlib
import subprocess
import sys
import tempfile

try:
    import numpy as np
    from PIL import Image
except ImportError:
    print("skipped: python3-pil is not installed")
    sys.exit(77)

MEAN = np.float32([0.485, 0.456, 0.406])
STD = np.float32([0.229, 0.224, 0.225])
AUGMENT = 3  # CORE_RNG_AUGMENT
MASK = 2**32 - 1


def philox(counter, key):
    """Philox4x32-10 of Salmon et al. 2011."""
    (a, b, c, d), (k, l) = counter, key
    for _ in range(10):
        p, q = 0xD2511F53 * a, 0xCD9E8D57 * c
        a, b, c, d = (q >> 32) ^ b ^ k, q & MASK, (p >> 32) ^ d ^ l, p & MASK
        k, l = (k + 0x9E3779B9) & MASK, (l + 0xBB67AE85) & MASK
    return a, b, c, d


def words(draw, index):
    seed, epoch, position = draw
    counter = (index, position & MASK, epoch, AUGMENT << 24 | position >> 32)
    return philox(counter, (seed & MASK, seed >> 32))


def below(word, n):
    return word * n >> 32


def random_region(draw, width, height):
    """torchvision's RandomResizedCrop.get_params: (left, top, width, height)."""
    low, high = math.log(3 / 4), math.log(4 / 3)
    for t in range(10):
        w = words(draw, 1 + t)
        area = width * height * (0.08 + w[0] * 2.0**-32 * (1 - 0.08))
        aspect = math.exp(low + w[1] * 2.0**-32 * (high - low))
        across, down = round(math.sqrt(area * aspect)), round(math.sqrt(area / aspect))
        if 0 < across <= width and 0 < down <= height:
            top = below(w[2], height - down + 1)
            return below(w[3], width - across + 1), top, across, down
    across, down = width, height
    if width / height < 3 / 4:
        down = round(width / (3 / 4))
    elif width / height > 4 / 3:
        across = round(height * (4 / 3))
    return (width - across) // 2, (height - down) // 2, across, down


def resize_shorter(picture, shorter):
    width, height = picture.size
    if width <= height:
        return picture.resize((shorter, int(shorter * height / width)), Image.BILINEAR)
    return picture.resize((int(shorter * width / height), shorter), Image.BILINEAR)


def expected(picture, crop, side, shorter, draw, mean=MEAN, std=STD):
    """The bytes (height, width, 3) that a network sees."""
    flips = draw is not None and words(draw, 0)[2] >> 31
    if crop.startswith("pad"):
        pixels, pad = np.asarray(picture), int(crop[3:])
        if draw is not None:
            top, left = (below(word, 2 * pad + 1) for word in words(draw, 0)[:2])
            padded = np.pad(pixels, ((pad, pad), (pad, pad), (0, 0)))
            pixels = padded[top : top + picture.height, left : left + picture.width]
    elif crop == "random-resized" and draw is not None:
        left, top, across, down = random_region(draw, *picture.size)
        pixels = np.asarray(picture.crop((left, top, left + across, top + down)).resize((side, side), Image.BILINEAR))
    else:
        resized = resize_shorter(picture, shorter)
        over = (resized.height - side, resized.width - side)
        begin = tuple(round(o / 2) for o in over)
        if draw is not None:
            begin = tuple(below(word, o + 1) for word, o in zip(words(draw, 0)[:2], over))
        pixels = np.asarray(resized)[begin[0] : begin[0] + side, begin[1] : begin[1] + side]
    pixels = pixels[:, ::-1] if flips else pixels
    return ((pixels.astype(np.float32) / np.float32(255) - mean) / std).transpose(2, 0, 1)


def draw_pictures(folder, sizes):
    """Writes train/{a,b} and test/{a,b}: the files in the order of the index."""
    values, paths = np.random.default_rng(20260), []
    for part in ("train", "test"):
        for name in ("a", "b"):
            (folder / part / name).mkdir(parents=True)
            for i, (width, height) in enumerate(sizes):
                small = values.integers(0, 256, (5, 7, 3), dtype=np.uint8)
                picture = Image.fromarray(small).resize((width, height), Image.BICUBIC)
                path = folder / part / name / f"{i:02}.{'png' if i % 3 == 2 else 'jpg'}"
                (picture.convert("L") if i % 4 == 3 else picture).save(path)
                paths.append(path)
    return paths


def check(program, sizes, views, folder):
    paths = draw_pictures(folder / "pictures", sizes)
    each = len(paths) // 2
    values, count = np.random.default_rng(7), 0
    with subprocess.Popen([program, folder / "pictures", folder / "data"], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        for crop, side, shorter in views:
            for i, path in enumerate(paths):
                with Image.open(path) as opened:
                    picture = opened.convert("RGB")
                part, index = ("train", i) if i < each else ("test", i - each)
                draws = [None]
                if part == "train":
                    draws += [(int(values.integers(2**63)), int(values.integers(300)), int(values.integers(2**34))) for _ in range(6)]
                for draw in draws:
                    tail = "" if draw is None else " {} {} {}".format(*draw)
                    process.stdin.write(f"{crop} {side} {shorter} {part} {index}{tail}\n".encode())
                    process.stdin.flush()
                    height, width = map(int, process.stdout.readline().split())
                    ours = np.frombuffer(process.stdout.read(12 * height * width), np.float32).reshape(3, height, width)
                    wanted = expected(picture, crop, side, shorter or side * 8 // 7, draw)
                    if ours.shape != wanted.shape or not np.array_equal(ours, wanted):
                        sys.exit(f"{crop} {side} {shorter} of {path.name} ({picture.size}), draw {draw}: not as NumPy and Pillow")
                    count += 1
        process.stdin.close()
    print(f"{count} inputs of {len(views)} views equal NumPy's and Pillow's")


def main():
    several = [(100, 75), (75, 100), (61, 60), (33, 33), (200, 12), (9, 150), (300, 220), (31, 47)]
    resizes = [("resize", 24, 0), ("resize", 32, 51), ("resize", 8, 8), ("random-resized", 24, 0), ("random-resized", 33, 40)]
    with tempfile.TemporaryDirectory() as folder:
        check(sys.argv[1], several, resizes, pathlib.Path(folder))
    with tempfile.TemporaryDirectory() as folder:
        check(sys.argv[1], [(30, 21)] * 4, [("pad4", 0, 0), ("pad8", 0, 0), ("resize", 20, 21)], pathlib.Path(folder))


if __name__ == "__main__":
    main()
