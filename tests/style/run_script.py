#!/usr/bin/env python3
"""Functions of ./run that speak to people or decide what is installed, each taken out of it and run alone."""
import fcntl
import os
import re
import shlex
import subprocess
import tempfile

import sources

SCRIPT = sources.read("run")


def call(names, words, folder, **environment):
    """Runs `words` behind the functions of ./run with those names."""
    functions = "\n".join(re.search(rf"^{name}\(\) {{.*?^(?:.*)}}$", SCRIPT, re.DOTALL | re.MULTILINE)[0] for name in names)
    text = f"set -eu\ncache={shlex.quote(folder)} checkout={shlex.quote(sources.ROOT)} stage=host\n{functions}\n{words}"
    return subprocess.Popen(["sh", "-c", text], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                            env={**os.environ, **environment})  # fmt: skip


def write_program(path, text):
    with open(path, "w", encoding="utf-8") as file:
        file.write(f"#!/bin/sh\n{text}\n")
    os.chmod(path, 0o755)


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
    for name, text in {"dpkg-query": f"echo '{folder}/gnuplot-nox'", "gnuplot-nox": ":", "h5ls": ":"}.items():
        write_program(f"{folder}/{name}", text)
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
        write_program(f"{folder}/ninja", f"echo '[1/2] Compiling a.c'\necho it is wrong\nexit {code}")
        if full and not os.path.islink(f"{folder}/gcc.log"):
            os.replace(f"{folder}/full", f"{folder}/gcc.log")
        start = "run: building (gcc)\n" + (f"run: cannot write {folder}/gcc.log\n" if full else "" if code == 0 else "it is wrong\n")
        asked = call(["say", "git_here", "keep_lines", "compile"], f"build={shlex.quote(folder)}/gcc name=gcc\ncompile && echo compiled", folder,
                     PATH=f"{folder}:{os.environ['PATH']}")  # fmt: skip
        said = asked.communicate()[0]
        yield (said.startswith(start), said.endswith("compiled\n")), (True, code == 0)


def check_apt(folder):
    """apt speaks English to ./run in every locale, and gets the proxy through sudo, which passes no variable on."""
    write_program(f"{folder}/apt-cache", 'case $LC_ALL:$LANGUAGE in C*:) echo "  Candidate: 3.6";; *) echo "  Installationskandidat: 3.6";; esac')
    write_program(f"{folder}/sudo", 'exec env -i PATH="$PATH" "$@"')
    write_program(f"{folder}/apt-get", 'echo "$http_proxy $LC_ALL $LANGUAGE"')
    german = {"PATH": f"{folder}:{os.environ['PATH']}", "LANG": "de_DE.UTF-8", "LC_ALL": "de_DE.UTF-8", "LANGUAGE": "de", "http_proxy": "http://p:3128"}
    yield call(["onednn_candidate"], "onednn_candidate", folder, **german).communicate()[0], "3.6\n"
    yield call(["as_root", "apt"], "is_root() { false; }\napt update", folder, **german).communicate()[0], "http://p:3128 C.UTF-8 \n"


def check_lists(folder):
    """Lists that another apt holds are read when it is done; any other failure is left to what follows."""
    write_program(f"{folder}/sleep", ":")
    held = "E: Could not get lock /var/lib/apt/lists/lock. It is held by process 1"
    for first, tried in ((held, 2), ("E: Could not resolve 'x.org'", 1)):
        words = f"lists={shlex.quote(folder)}/lists tries=0\napt() {{ n=$((${{n:-0}} + 1)); [ $n -lt 2 ] || return 0; echo {shlex.quote(first)}; return 100; }}\n"
        asked = call(["update_lists"], words + "update_lists; echo $n", folder, PATH=f"{folder}:{os.environ['PATH']}")
        yield asked.communicate()[0], f"{tried}\n"


def check_blame(folder):
    """The reason is that of the command that failed; a foreign source that cannot be reached is named beside an unknown package."""
    unknown, dead, dpkg = "E: Unable to locate package x", "Err:1 Could not resolve 'foreign.org'", "dpkg: error processing package x"
    cases = {
        (dpkg, dead): f"run: cannot install x: {dpkg} (log: {folder}/log)",
        (dead, ""): "run: cannot install x: a package mirror cannot be reached; connect this machine",
        (unknown, dead): "run: cannot install x: apt knows no package x, and a package mirror cannot be reached",
        (unknown, "Hit:1"): "run: cannot install x: apt knows no package x; add the section that holds it",
    }
    for (log, lists), wanted in cases.items():
        words = f"log=$cache/log lists=$cache/lists\necho {shlex.quote(log)} >$log\necho {shlex.quote(lists)} >$lists\nblame 'cannot install x'"
        yield call(["say", "die", "blame"], words, folder).communicate()[0].startswith(wanted), True


with tempfile.TemporaryDirectory(prefix="run script ") as place:
    results = [result for check in (check_lock, check_shell, check_release, check_compile, check_apt, check_lists, check_blame) for result in check(place)]
sources.finish(results, [f"got {got!r}, expected {wanted!r}" for got, wanted in results if got != wanted])
