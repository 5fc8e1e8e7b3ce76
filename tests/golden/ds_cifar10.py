#!/usr/bin/env python3
"""Makes ds_cifar10.inc: what a repacked CIFAR-10 archive decodes to, by Python alone.

ds_cifar10.py ARCHIVE > ds_cifar10.inc
"""
import hashlib
import sys
import tarfile

files = [f"data_batch_{i}.bin" for i in range(1, 6)] + ["test_batch.bin"]
with tarfile.open(sys.argv[1]) as archive:
    raw = {m.name.rsplit("/", 1)[-1]: archive.extractfile(m).read() for m in archive if m.isfile()}


def part(names):
    """Images and little-endian int32 labels of the named files."""
    data = b"".join(raw[name] for name in names)
    records = [data[i : i + 3073] for i in range(0, len(data), 3073)]
    return b"".join(r[1:] for r in records), b"".join(bytes([r[0], 0, 0, 0]) for r in records)


train, test = part(files[:5]), part(files[5:])
names = raw["batches.meta.txt"].decode().split()
print("/* Made by ds_cifar10.py; do not edit. */")
print(f'static const char GOLDEN_SHA256[] = "{hashlib.sha256(b"".join(train + test)).hexdigest()}";')
print(f"static const int32_t GOLDEN_LABELS[8] = {{{', '.join(str(train[1][4 * 7919 * i]) for i in range(6))}, "
      f"{test[1][0]}, {test[1][4 * 9999]}}};")
print(f"static const uint8_t GOLDEN_PIXELS[4] = {{{train[0][0]}, {train[0][3072 * 23456 + 1500]}, "
      f"{train[0][-1]}, {test[0][3072 * 9999 + 77]}}};")
print(f'static const char *const GOLDEN_NAMES[10] = {{{", ".join(chr(34) + n + chr(34) for n in names)}}};')
