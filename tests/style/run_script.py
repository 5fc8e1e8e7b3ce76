#!/usr/bin/env python3
"""Functions of ./run that speak to people or decide what is installed, each taken out of it and run alone."""
import fcntl
import os
import re
import subprocess
import tempfile

import sources

SCRIPT = sources.read("run")


def call(names, words, folder, **environment):
    """Runs `words` behind the functions of ./run with those names."""
    functions = "\n".join(re.search(rf"^{name}\(\) {{.*?^(?:.*)}}$", SCRIPT, re.DOTALL | re.MULTILINE)[0] for name in names)
    text = f"set -eu\ncache={folder} checkout={sources.ROOT} stage=host\n{functions}\n{words}"
    return subprocess.Popen(["sh", "-c", text], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                            env={**os.environ, **environment})  # fmt: skip


def check_lock(folder):
    """A short wait is silent; a long one says what the other does, and takes the lock when it is free."""
    with open(f"{folder}/a.lock", "w", encoding="ascii") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        short = call(["say", "lock"], "lock a 'compiles this checkout'; say mine", folder)
        try:
            short.wait(0.5)
        except subprocess.TimeoutExpired:
            pass
        fcntl.flock(held, fcntl.LOCK_UN)
        yield short.communicate()[0], "run: mine\n"
        fcntl.flock(held, fcntl.LOCK_EX)
        long = call(["say", "lock"], "lock a 'compiles this checkout'; say mine", folder)
        said = long.stdout.readline()
        fcntl.flock(held, fcntl.LOCK_UN)
        yield said + long.communicate()[0], "run: another ./run compiles this checkout; waiting for it\nrun: mine\n"


def check_shell(folder):
    """`./run shell` installs the packages of the tests only for what does not come with those of the build."""
    for name, text in {"dpkg-query": f"echo {folder}/gnuplot-nox", "gnuplot-nox": ":", "h5ls": ":"}.items():
        with open(f"{folder}/{name}", "w", encoding="ascii") as file:
            file.write(f"#!/bin/sh\n{text}\n")
        os.chmod(f"{folder}/{name}", 0o755)
    os.symlink("gnuplot-nox", f"{folder}/gnuplot")
    for words, wanted in {"gnuplot x.gp": "no more\n", "h5ls": "more\n", "nosuch": "more\n", "": "more\n"}.items():
        asked = call(["have", "packages", "comes_with_build"], f"comes_with_build {words} && echo no more || echo more", folder,
                     PATH=f"{folder}:{os.environ['PATH']}")  # fmt: skip
        yield asked.communicate()[0], wanted


def check_release(folder):
    """`./run release` takes one folder, and refuses whatever else stands behind it."""
    for words in ("dist more", "--help", "''"):
        asked = call(["say", "make_release"], f"install_packages() {{ echo goes on; exit; }}\nmake_release {words}", folder)
        said = asked.communicate()[0]
        yield (asked.returncode, said), (2, f"run: release: got '{words.strip(chr(39))}', expected at most one folder: ./run release [DIR]\n")
    yield call(["say", "make_release"], "install_packages() { echo goes on; exit; }\nmake_release dist", folder).communicate()[0], "goes on\n"


def check_compile(folder):
    """What does not compile is not taken for compiled, also where its log cannot be written."""
    os.symlink("/dev/full", f"{folder}/full")
    for full, code in ((False, 0), (False, 1), (True, 0), (True, 1)):
        with open(f"{folder}/ninja", "w", encoding="ascii") as file:
            file.write(f"#!/bin/sh\necho '[1/2] Compiling a.c'\necho it is wrong\nexit {code}\n")
        os.chmod(f"{folder}/ninja", 0o755)
        if full and not os.path.islink(f"{folder}/gcc.log"):
            os.replace(f"{folder}/full", f"{folder}/gcc.log")
        start = "run: building (gcc)\n" + (f"run: cannot write {folder}/gcc.log\n" if full else "" if code == 0 else "it is wrong\n")
        asked = call(["say", "keep_lines", "compile"], f"build={folder}/gcc name=gcc\ncompile && echo compiled", folder,
                     PATH=f"{folder}:{os.environ['PATH']}")  # fmt: skip
        said = asked.communicate()[0]
        yield (said.startswith(start), said.endswith("compiled\n")), (True, code == 0)


with tempfile.TemporaryDirectory() as place:
    results = [*check_lock(place), *check_shell(place), *check_release(place), *check_compile(place)]
sources.finish(results, [f"got {got!r}, expected {wanted!r}" for got, wanted in results if got != wanted])
