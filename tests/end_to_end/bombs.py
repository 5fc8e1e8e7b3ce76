#!/usr/bin/env python3
"""Archives that unpack to far more than their size are refused by `data import`, soon and in little memory: exit code 3, one line.
A network that is only applied takes little memory, and advice on memory is what helps.
Arguments: tailbit, and `no-memory` where a build takes memory of its own (sanitizers)."""
import bz2
import gzip
import lzma
import os
import re
import resource
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time

TAILBIT = os.path.abspath(sys.argv[1])
CHECKS_MEMORY = sys.argv[2:] != ["no-memory"]
MOST_MIB, MOST_S, GIB = 100, 60, 1 << 30
FAR_MORE = "unpacks to more than 100 times its size"


def header(name, size, kind=tarfile.REGTYPE):
    """A tar header of an entry with any claimed size."""
    info = tarfile.TarInfo(name)
    info.size, info.type = size, kind
    return info.tobuf(tarfile.GNU_FORMAT)


def sparse_header(name, stored, size):
    """Of GNU's old sparse form: one region of `stored` bytes, in a file of `size`, which tar does not compare."""
    block = bytearray(header(name, stored, b"S"))
    block[345:512] = bytes(167)
    block[386:398] = b"%011o\0" % 0
    block[398:410] = b"%011o\0" % stored
    block[483:495] = b"%011o\0" % size
    block[148:156] = b" " * 8
    block[148:156] = b"%06o\0 " % sum(block)
    return bytes(block)


def zstd(data):
    """A frame of one raw block, or of blocks that repeat a zero. No compressor of it is at hand everywhere."""
    block, raw, repeat = 128 << 10, 0, 1
    if len(data) > block:
        body = ((block << 3 | repeat << 1).to_bytes(3, "little") + b"\0") * (len(data) // block)
    else:
        body = (len(data) << 3 | raw << 1).to_bytes(3, "little") + data
    return b"\x28\xb5\x2f\xfd\x00\x38" + body + (1).to_bytes(3, "little")


# Compressed streams one behind the other are one: a piece of the zeros is compressed once.
PACKERS = {"gz": gzip.compress, "xz": lambda data: lzma.compress(data, preset=0), "bz2": bz2.compress, "zst": zstd}
ZEROS, PIECE = 8 * GIB, 32 << 20
# The name of what is imported, the header before the zeros, what the line says.
BOMBS = {
    "an entry that nobody wants": ("cifar10", header("other", 64 * GIB), FAR_MORE),
    "more stored than its size says": ("imdb", sparse_header("x", 8 * GIB - 1, 1), FAR_MORE),
    "a wanted entry": ("cifar10", header("data_batch_1.bin", 8 * GIB), ""),
    "a review": ("imdb", header("aclImdb/train/pos/0_9.txt", 8 * GIB - 1), ""),
    "a long name": ("imdb", header("././@LongLink", 8 * GIB - 1, b"L"), ""),
    "attributes": ("imdb", header("x", 8 * GIB - 1, b"x"), ""),
    "nothing but zeros": ("cifar10", b"", ""),
}


def write_zeros(path, pack):
    """In a process of its own: a child's peak begins with its parent's memory."""
    pid = os.fork()
    if pid == 0:
        try:
            with open(path, "wb") as f:
                f.write(pack(bytes(PIECE)) * (ZEROS // PIECE))
            os._exit(0)
        finally:
            os._exit(1)
    assert os.waitpid(pid, 0)[1] == 0


def expect_refusal(path, name, said, case):
    begun = time.monotonic()
    child = subprocess.Popen(
        [TAILBIT, "data", "import", name, path, "--unverified", "--data-dir", "data"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    text = child.stdout.read().decode()
    _, status, used = os.wait4(child.pid, 0)
    seconds, memory = time.monotonic() - begun, used.ru_maxrss >> 10
    what = f"{case}: exit {os.waitstatus_to_exitcode(status)}, {seconds:.1f} s, {memory} MiB: {text}"
    assert os.waitstatus_to_exitcode(status) == 3 and text.count("\n") == 1 and said in text, what
    assert seconds < MOST_S and (memory < MOST_MIB or not CHECKS_MEMORY), what
    assert not os.path.exists(f"data/{name}"), case
    print(what, end="")


def limited(most):
    """For a child: one thread, and an address space of that many bytes."""

    def limit():
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
        resource.setrlimit(resource.RLIMIT_AS, (most, most))

    return limit


def check_networks():
    """A training of 1.2 GiB, whose network is applied in less; a training of 36 GiB, and what its message says to do."""
    words = [TAILBIT, "train", "--method", "ERM", "--imbalance", "none", "--threads", "1"]
    small = ["--data", "shapes:4:3", "--model", "resnet8", "--batch", "2048", "--epochs", "2", "--out", "large.h5"]
    subprocess.run([*words, *small], check=True)
    subprocess.run([TAILBIT, "predict", "large.h5", "--out", "large.npz"], check=True, preexec_fn=limited(900_000_000))
    large = ["--data", "shapes:2:1:224", "--image-size", "224", "--model", "resnet50", "--batch", "512", "--epochs", "1", "--out", "m.h5"]
    done = subprocess.run([*words, *large], capture_output=True, text=True, check=False, preexec_fn=limited(2_500_000_000))
    found = re.search(r"give --batch (\d+) or less, or --recompute with --batch (\d+) or less", done.stderr)
    assert done.returncode == 4 and found and 0 < int(found[1]) < int(found[2]) < 512, done


def main():
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        if CHECKS_MEMORY:
            check_networks()
        for packer, pack in PACKERS.items():
            write_zeros("zeros", pack)
            for case, (name, head, said) in BOMBS.items():
                with open("zeros", "rb") as zeros, open("bomb", "wb") as f:
                    f.write(pack(head))
                    shutil.copyfileobj(zeros, f)
                expect_refusal("bomb", name, said, f"{case}, {packer}, {os.path.getsize('bomb') >> 10} KiB")
        os.chdir("/")


main()
