#!/usr/bin/env python3
"""Includes go one way, are rooted, and a third party has one door.

A folder may include itself and the folders before it in ORDER; nn, imbalance, datasets and results/runs never include one
another, nor does pictures include more than core, nor do the results of a run ask how it was trained. A third party's
headers are included behind one door: the listed ones where the table says, any other in one room (a room: folder/name.h and
.c). Tests may look at everything, but nothing outside tests/ includes Check or a test's header.
"""
import fnmatch
import os
import re

import sources

ORDER = ("core", "nn", "imbalance", "pictures", "datasets", "results/runs", "recipes", "results/export", "results/report", "experiments/training",
         "experiments/probe", "experiments/grid", "experiments/bench", "experiments/cli")
APART = {"nn", "imbalance", "datasets", "results/runs"}, {"nn", "imbalance", "pictures", "results/runs"}, {"results/export", "results/report", "experiments/bench"}, {"experiments/grid", "experiments/bench"}

DOORS = {  # header pattern: files that may include it
    "oneapi/dnnl/*": "nn/*",
    "dnnl*": "nn/*",
    "hdf5*": "core/h5*",
    "H5*": "core/h5*",
    "mpi.h": "core/comm_module.*",
    "curl/*": "datasets/*",
    "archive*": "datasets/* core/zip.*",
    "yyjson.h": "datasets/coco.* results/report/table_write.*",  # one reads, one writes
    "zlib.h": "core/h5_storage.* datasets/unpack.*",  # one looks into chunks, one at the checksum of an archive
    "check.h": "tests/*",
}

SYSTEM = """assert complex ctype errno fenv float immintrin inttypes iso646 limits locale math setjmp signal stdalign stdarg
stdatomic stdbool stddef stdint stdio stdlib stdnoreturn string strings tgmath threads time uchar wchar wctype cpuid dirent
fcntl fnmatch ftw getopt glob libgen link omp poll pthread pwd sched spawn syscall termios unistd utime x86intrin""".split()


def is_system(header):
    return header.startswith(("sys/", "linux/")) or header.removesuffix(".h") in SYSTEM


def includes():
    """(file, line number, quote or bracket, header) of every include."""
    for path in sources.c_files():
        for number, line in enumerate(sources.read(path).splitlines(), 1):
            found = re.match(r'\s*#\s*include\s*([<"])([^>"]+)[>"]', line)
            if found:
                yield path, number, found.group(1), found.group(2)


def may_include(folder, target):
    if folder == target:
        return True
    if folder not in ORDER or target not in ORDER or any({folder, target} <= group for group in APART):
        return False
    return ORDER.index(target) < ORDER.index(folder)


def ours(path, header):
    """What is wrong with including our own header in the file path, or None."""
    if not os.path.exists(os.path.join(sources.ROOT, header)):
        return f'"{header}" is no path from the root'
    folder, target = os.path.dirname(path), os.path.dirname(header)
    return None if folder.startswith("tests") or may_include(folder, target) else f'{folder}/ may not include "{header}"'


def door(path, header):
    """What is wrong with the door through which path includes a listed third party, or None; False: not listed."""
    for pattern, allowed in DOORS.items():
        if fnmatch.fnmatchcase(header, pattern):
            opened = path.startswith("tests/") or any(fnmatch.fnmatchcase(path, place) for place in allowed.split())
            return None if opened else f"<{header}> belongs behind {allowed}"
    return False


def main():
    complaints, rooms = [], {}
    for path, number, mark, header in includes():
        wrong = None
        if mark == '"':
            wrong = ours(path, header)
        elif not is_system(header):
            wrong = door(path, header)
            if wrong is False and not path.startswith("tests/"):
                party = header.split("/")[0]
                room = rooms.setdefault(party, os.path.splitext(path)[0])
                wrong = f"<{header}> is behind {room} already" if room != os.path.splitext(path)[0] else None
        if wrong:
            complaints.append(f"{path}:{number}: {wrong}")
    sources.finish(sources.c_files(), complaints)


if __name__ == "__main__":
    main()
