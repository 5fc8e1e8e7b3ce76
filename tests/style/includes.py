#!/usr/bin/env python3
"""Includes go one way, are rooted, and a third party has one door.

core <- {nn, imbalance, datasets, results} <- experiments; the four in the middle never include one another. A third party's
headers are included behind one door: the listed ones where the table says, any other in one room (a room: folder/name.h and
.c). Tests may look at everything, but nothing outside tests/ includes Check or a test's header.
"""
import fnmatch
import os
import re

import sources

MIDDLE = ("nn", "imbalance", "datasets", "results")
MAY_INCLUDE = {"core": ("core",), "experiments": ("core", *MIDDLE, "experiments")} | {m: ("core", m) for m in MIDDLE}

DOORS = {  # header pattern: files that may include it
    "oneapi/dnnl/*": "nn/*",
    "dnnl*": "nn/*",
    "hdf5*": "core/h5*",
    "H5*": "core/h5*",
    "mpi.h": "core/comm.*",
    "curl/*": "datasets/*",
    "archive*": "datasets/* core/zip.*",
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


def ours(path, header):
    """What is wrong with including our own header in the file path, or None."""
    if not os.path.exists(os.path.join(sources.ROOT, header)):
        return f'"{header}" is no path from the root'
    folder, target = path.split("/")[0], header.split("/")[0]
    if folder != "tests" and target not in MAY_INCLUDE[folder]:
        return f'{folder}/ may not include "{header}"'
    return None


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


main()
