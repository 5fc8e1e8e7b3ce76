#!/usr/bin/env python3
"""Every header compiles alone, and twice. Arguments: the compiler and its flags."""
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import sources


def compile_alone(header):
    """The compiler's words on a file that includes only this header, twice; empty: it compiles."""
    command = sys.argv[1:] + ["-std=c17", "-D_GNU_SOURCE", "-fopenmp", "-Wall", "-Wextra", "-Werror", "-fsyntax-only"]
    command += ["-march=x86-64-v3", f"-I{sources.ROOT}", "-x", "c", "-"]  # the least that nn/'s lanes are built for
    text = f'#include "{header}"\n#include "{header}"\n'
    return subprocess.run(command, input=text, capture_output=True, text=True, check=False).stderr


headers = sources.c_files((".h",))
with ThreadPoolExecutor(os.cpu_count()) as pool:
    words = list(pool.map(compile_alone, headers))
sources.finish(headers, [f"{h} does not compile alone:\n{w}" for h, w in zip(headers, words) if w])
