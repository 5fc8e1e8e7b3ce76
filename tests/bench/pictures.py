#!/usr/bin/env python3
"""Decoding and resizing a JPEG of 800 x 600, one core, in turns with Pillow: pictures.py PRINT_PIXELS [TURNS [SECONDS]]."""
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


def draw(path):
    """Smooth colours under a little noise: about the bytes a pixel of a photograph."""
    small = np.random.default_rng(5).integers(0, 256, (75, 100, 3), dtype=np.uint8)
    smooth = np.asarray(Image.fromarray(small).resize((WIDTH, HEIGHT), Image.BICUBIC)).astype(int)
    noise = np.random.default_rng(6).integers(-6, 7, smooth.shape)
    Image.fromarray(np.clip(smooth + noise, 0, 255).astype(np.uint8)).save(path, "JPEG", quality=90)


def measure_pillow(path, seconds, size):
    start, count = time.monotonic(), 0
    while time.monotonic() < start + seconds:
        with open(path, "rb") as file, Image.open(file) as picture:
            rgb = picture.convert("RGB")
        if size:
            rgb.resize(size, Image.BILINEAR)
        count += 1
    return count / (time.monotonic() - start)


def main():
    turns, seconds = int(sys.argv[2]) if sys.argv[2:] else 5, float(sys.argv[3]) if sys.argv[3:] else 2.0
    printer = subprocess.Popen([sys.argv[1]], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder, "drawn.jpg")
        draw(path)
        print(f"JPEG of {WIDTH} x {HEIGHT}, {path.stat().st_size} bytes; pictures a second of one core, median of {turns} turns")
        for what, size in (("decode", None), ("decode and resize to 341 x 256", RESIZED)):
            ours, theirs = [], []
            for _ in range(turns):
                height, width = (size[1], size[0]) if size else (0, 0)
                printer.stdin.write(f"bench {seconds} {path} {height} {width}\n")
                printer.stdin.flush()
                ours.append(float(printer.stdout.readline()))
                theirs.append(measure_pillow(path, seconds, size))
            ratios = [our / their for our, their in zip(ours, theirs)]
            print(f"{what}: tailbit {statistics.median(ours):.0f}, Pillow {statistics.median(theirs):.0f}, ratio {statistics.median(ratios):.2f}"
                  f" ({min(ratios):.2f} to {max(ratios):.2f})")  # fmt: skip
    printer.stdin.close()


main()
