#!/usr/bin/env python3
"""Every header compiles alone, and twice. Arguments: the compiler and its flags."""
import subprocess
import sys

import sources


def compile_alone(header):
    """The compiler's words on a file that includes only this header, twice; empty: it compiles."""
    command = sys.argv[1:] + ["-std=c17", "-D_GNU_SOURCE", "-fopenmp", "-Wall", "-Wextra", "-Werror", "-fsyntax-only"]
    command += [f"-I{sources.ROOT}", "-x", "c", "-"]
    text = f'#include "{header}"\n#include "{header}"\n'
    return subprocess.run(command, input=text, capture_output=True, text=True, check=False).stderr


headers = sources.c_files((".h",))
sources.finish(headers, [f"{h} does not compile alone:\n{words}" for h in headers if (words := compile_alone(h))])
