#!/usr/bin/env python3
"""A disk that fills during `data import`: full_disk.py TAILBIT. On a file system that is too small and grows a little after each
failure, every import ends with exit code 4 and one line, none loses what the one before kept, and the last one's files are
those of an import with space enough."""
import ctypes
import io
import os
import pathlib
import random
import subprocess
import sys
import tempfile

try:
    from PIL import Image
except ImportError:
    print("skipped: python3-pil is not installed")
    sys.exit(77)

TAILBIT = os.path.abspath(sys.argv[1])
LIBC = ctypes.CDLL(None, use_errno=True)
CLONE_NEWNS, MS_REC_PRIVATE, MS_REMOUNT = 0x20000, 0x4000 | 0x40000, 32
PICTURES, STEP_KB = 1300, 96


def mount(source, target, kind, flags, options=None):
    return LIBC.mount(source, target, kind, flags, options) == 0


def mount_disk(kilobytes, flags=0):
    return mount(b"tailbit", b"disk", b"tmpfs", flags, f"size={kilobytes}k".encode())


def draw_photos():
    rng = random.Random(5)
    for part in ("train", "test"):
        for name in ("cat", "dog"):
            os.makedirs(f"photos/{part}/{name}")
    for i in range(PICTURES):
        out = io.BytesIO()
        Image.frombytes("RGB", (8, 8), rng.randbytes(192)).save(out, "JPEG")
        pathlib.Path(f"photos/{'test' if i % 20 == 0 else 'train'}/{'cat' if i % 3 else 'dog'}/{i}.jpg").write_bytes(out.getvalue())


def import_photos(data):
    return subprocess.run([TAILBIT, "data", "import", "folder", "photos", "--data-dir", data], capture_output=True, text=True, check=False)


def files_of(data):
    return {path.name: path.read_bytes() for path in pathlib.Path(data, "photos").iterdir()}


def lines_kept():
    journal = pathlib.Path("disk/photos.tmp/journal.txt")
    return journal.read_bytes().count(b"\n") if journal.exists() else 0


def fill():
    """Imports until there is space enough; returns how often there was none, and how many lines the journal had after each."""
    kilobytes, kept = 8, []
    while (done := import_photos("disk")).returncode != 0:
        assert done.returncode == 4 and done.stderr.count("\n") == 1 and "disk" in done.stderr, done
        assert done.stdout == "" and not os.path.exists("disk/photos"), done
        kept.append(lines_kept())
        kilobytes += STEP_KB
        assert mount_disk(kilobytes, MS_REMOUNT)
    return kept


def main():
    # Whichever holds the test's folder; in a chroot "/" may be no mount.
    if LIBC.unshare(CLONE_NEWNS) != 0 or not any(mount(None, place, None, MS_REC_PRIVATE) for place in (b"/tmp", b"/")):
        print("skipped: no mounts of its own are allowed here")
        sys.exit(77)
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        draw_photos()
        assert import_photos("wide").returncode == 0
        os.mkdir("disk")
        assert mount_disk(8)
        kept = fill()
        print(f"full {len(kept)} times, lines kept: {kept}")
        assert kept == sorted(kept) and len(set(kept)) >= 3, kept
        assert files_of("disk") == files_of("wide")
        LIBC.umount(b"disk")
        os.chdir("/")


main()
