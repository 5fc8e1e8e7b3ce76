#!/usr/bin/env python3
"""The man page and the bash completion are in step with --help, render without warnings, and complete in a real bash.
Arguments: tailbit, the man page, the completion."""
import os
import pty
import re
import select
import shutil
import subprocess
import sys
import tempfile
import time

TAILBIT, MAN, COMPLETION = sys.argv[1:]


def run(*command, **options):
    return subprocess.run(command, capture_output=True, text=True, check=False, **options)


def verbs():
    overview = run(TAILBIT, "--help").stdout
    return re.findall(r"^  ([a-z]+) +\S", overview, re.MULTILINE)


def check_examples():
    """Two of every command but help and version; the test commands runs those that docs/command-line.md shows."""
    for verb in verbs():
        examples = re.findall(rf"^  (tailbit {verb}\b.*)$", run(TAILBIT, verb, "--help").stdout.split("examples:")[-1], re.MULTILINE)
        assert len(examples) == (0 if verb in ("help", "version") else 2), (verb, examples)


def options_of(verb):
    return re.findall(r"^  (--[a-z0-9-]+)", run(TAILBIT, verb, "--help").stdout, re.MULTILINE)


def complete(*words):
    """What the function offers for the last word."""
    script = 'source "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _tailbit; printf "%s\\n" "${COMPREPLY[@]}"'
    done = run("bash", "--norc", "-c", script, "bash", COMPLETION, *words)
    assert done.returncode == 0 and not done.stderr, done
    return done.stdout.split()


def check_man():
    with open(MAN, encoding="utf-8") as file:
        page = file.read()
    plain = page.replace("\\-", "-")
    for verb in verbs():
        assert f"\n.SS {verb}\n" in page, verb
        section = plain.split(f"\n.SS {verb}\n")[1].split("\n.S")[0]
        named = set(re.findall(r"--[a-z0-9-]+", section.split("Options: ")[-1])) if "Options: " in section else set()
        assert named | {"--help"} == set(options_of(verb)), (verb, named)
    for option in {option for verb in verbs() for option in options_of(verb)}:
        assert plain.count(f"\n.TP\n\\fB{option}\\fR") == 1, option
    for code in (0, 1, 2, 3, 4, 5, 75):
        assert f"\n.TP\n{code}\n" in page, code


def check_rendering():
    tools = [["groff", "-ww", "-man", "-Tutf8", "-P-c", MAN], ["mandoc", "-Tlint", "-Wwarning", MAN]]
    environment = {**os.environ, "LC_ALL": "C.UTF-8", "MANROFFSEQ": "", "MANWIDTH": "80"}
    if shutil.which("man"):
        tools.append(["man", "--warnings", "-E", "UTF-8", "-l", "-Tutf8", "-Z", MAN])
    rendered = False
    for tool in tools:
        if shutil.which(tool[0]):
            done = run(*tool, env=environment)
            assert done.returncode == 0 and not done.stderr, (tool, done.stderr)
            assert tool[0] != "groff" or "EXIT STATUS" in re.sub("\x08.|\x1b\\[[0-9;]*m", "", done.stdout), done.stdout[:300]
            rendered = True
    if not rendered:
        print("the man page is not rendered: neither groff, man nor mandoc is installed")


def check_completion():
    assert sorted(complete("tailbit", "")) == sorted(verbs() + ["--help", "--version"])
    for verb in verbs():
        assert sorted(complete("tailbit", verb, "--")) == sorted(options_of(verb)), verb
    methods = [line.split()[0] for line in run(TAILBIT, "methods").stdout.split("\n\n")[0].splitlines()[1:]]
    assert complete("tailbit", "train", "--method", "") == methods
    assert complete("tailbit", "train", "--method", "=", "LDAM-D") == ["LDAM-DRW"]
    assert complete("tailbit", "train", "--method", "=") == methods
    assert complete("tailbit", "train", "--isa", "") == ["avx512", "avx2", "auto"]
    assert complete("tailbit", "table", "DIR", "--format", "m") == ["markdown"]
    assert complete("tailbit", "table", "DIR", "--metric", "top1,bal") == ["top1,balanced"]
    assert complete("tailbit", "train", "--threads", "") == []
    assert complete("tailbit", "help", "comp") == ["compare"]
    assert complete("tailbit", "grid", "table") == ["table1", "table2", "table3", "table4", "table5", "table6"]
    assert complete("tailbit", "data", "ver") == ["verify"]


def check_files():
    with tempfile.TemporaryDirectory() as folder:
        os.mkdir(f"{folder}/deep")
        with open(f"{folder}/run.h5", "w", encoding="utf-8"):
            pass
        assert sorted(complete("tailbit", "info", f"{folder}/")) == [f"{folder}/deep", f"{folder}/run.h5"]
        assert complete("tailbit", "compare", "A", f"{folder}/r") == [f"{folder}/run.h5"]
        assert complete("tailbit", "train", "--config", f"{folder}/r") == [f"{folder}/run.h5"]
        assert complete("tailbit", "train", "--data-dir", f"{folder}/") == [f"{folder}/deep"]
        assert complete("tailbit", "train", "--data", f"{folder}/r") == [f"{folder}/run.h5"]
        assert complete("tailbit", "train", "--data", "cifar100") == ["cifar100"]


def read_until(terminal, word, seconds=20):
    seen = b""
    end = time.monotonic() + seconds
    while word not in seen and time.monotonic() < end:
        if select.select([terminal], [], [], 0.2)[0]:
            seen += os.read(terminal, 4096)
    assert word in seen, (word, seen)


def check_terminal():
    """A person's bash, with keys pressed."""
    child, terminal = pty.fork()
    if child == 0:
        os.environ.update(PS1="ready> ", TERM="dumb", INPUTRC="/dev/null", HISTFILE="")
        os.execvp("bash", ["bash", "--norc", "--noprofile", "-i"])
    read_until(terminal, b"ready> ")
    os.write(terminal, f"source '{COMPLETION}'\n".encode())
    read_until(terminal, b"ready> ")
    os.write(terminal, b"tailbit tra\t--meth\tM-\t--out=run")
    read_until(terminal, b"tailbit train --method M-DRW --out=run")
    os.write(terminal, b"\x15exit\n")
    os.waitpid(child, 0)


check_man()
check_examples()
check_rendering()
check_completion()
check_files()
check_terminal()
