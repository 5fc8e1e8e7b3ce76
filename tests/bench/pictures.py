#!/usr/bin/env python3
"""Decoding and resizing a JPEG of 800 x 600, and all that makes a network's input of it, one core, in turns with Pillow and NumPy:
pictures.py PRINT_PIXELS PRINT_INPUTS [TURNS [SECONDS]]."""
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

try:
    import numpy as np
    from PIL import Image
except ImportError:
    print("skipped: python3-pil is not installed")
    sys.exit(77)

WIDTH, HEIGHT = 800, 600
RESIZED = (341, 256)  # the short side 256, as for a crop of 224
MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
TABLES = [((np.arange(256) / 255 - m) / s).astype(np.float32) for m, s in zip(MEAN, STD)]


def draw(path):
    """Smooth colours under a little noise: about the bytes a pixel of a photograph."""
    small = np.random.default_rng(5).integers(0, 256, (75, 100, 3), dtype=np.uint8)
    smooth = np.asarray(Image.fromarray(small).resize((WIDTH, HEIGHT), Image.BICUBIC)).astype(int)
    noise = np.random.default_rng(6).integers(-6, 7, smooth.shape)
    Image.fromarray(np.clip(smooth + noise, 0, 255).astype(np.uint8)).save(path, "JPEG", quality=90)


def decode(path):
    with open(path, "rb") as file, Image.open(file) as picture:
        return picture.convert("RGB")


def resize(path):
    return decode(path).resize(RESIZED, Image.BILINEAR)


def normalise(picture, rng):
    """Mirrored every second time; (v / 255 - mean) / std as a table, in planes."""
    pixels = np.asarray(picture)
    pixels = pixels[:, ::-1] if rng.random() < 0.5 else pixels
    return np.stack([TABLES[c][pixels[:, :, c]] for c in range(3)])


def crop(path, rng):
    left, top = rng.integers(RESIZED[0] - 223), rng.integers(RESIZED[1] - 223)
    return normalise(resize(path).crop((left, top, left + 224, top + 224)), rng)


def random_resized(path, rng):
    picture = decode(path)
    area, aspect = WIDTH * HEIGHT * rng.uniform(0.08, 1), np.exp(rng.uniform(np.log(3 / 4), np.log(4 / 3)))
    across, down = min(WIDTH, round(np.sqrt(area * aspect))), min(HEIGHT, round(np.sqrt(area / aspect)))
    left, top = rng.integers(WIDTH - across + 1), rng.integers(HEIGHT - down + 1)
    return normalise(picture.crop((left, top, left + across, top + down)).resize((224, 224), Image.BILINEAR), rng)


def measure(seconds, make, *what):
    start, count = time.monotonic(), 0
    while time.monotonic() < start + seconds:
        make(*what)
        count += 1
    return count / (time.monotonic() - start)


def ask(process, line):
    process.stdin.write(line + "\n")
    process.stdin.flush()
    return float(process.stdout.readline())


def compare(name, turns, ours, theirs):
    """Prints the medians of both sides' speeds and of their ratios; ours and theirs measure once."""
    pairs = [(ours(), theirs()) for _ in range(turns)]
    ratios = [our / their for our, their in pairs]
    middle = [statistics.median(values) for values in (*zip(*pairs), ratios)]
    print(f"{name}: tailbit {middle[0]:.0f}, Pillow {middle[1]:.0f}, ratio {middle[2]:.2f} ({min(ratios):.2f} to {max(ratios):.2f})")


def main():
    turns, seconds = int(sys.argv[3]) if sys.argv[3:] else 5, float(sys.argv[4]) if sys.argv[4:] else 2.0
    rng = np.random.default_rng(8)
    with tempfile.TemporaryDirectory() as folder:
        for part, name in ((part, name) for part in ("train", "test") for name in ("a", "b")):
            pathlib.Path(folder, "photos", part, name).mkdir(parents=True)
            draw(pathlib.Path(folder, "photos", part, name, "drawn.jpg"))
        path = pathlib.Path(folder, "photos/train/a/drawn.jpg")
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
        with subprocess.Popen([sys.argv[1]], **pipes) as pixels, subprocess.Popen([sys.argv[2], f"{folder}/photos", f"{folder}/sets"], **pipes) as inputs:
            print(f"JPEG of {WIDTH} x {HEIGHT}, {path.stat().st_size} bytes; pictures a second of one core, median of {turns} turns")
            for name, size, make in (("decode", "0 0", decode), ("decode and resize to 341 x 256", "256 341", resize)):
                line = f"bench {seconds} {path} {size}"
                compare(name, turns, lambda line=line: ask(pixels, line), lambda make=make: measure(seconds, make, path))
            for name, make in (("resize", crop), ("random-resized", random_resized)):
                line = f"bench {seconds} {name} 224 256"
                compare(f"network's input with --crop {name}", turns, lambda line=line: ask(inputs, line), lambda make=make: measure(seconds, make, path, rng))
            pixels.stdin.close()
            inputs.stdin.close()


main()
