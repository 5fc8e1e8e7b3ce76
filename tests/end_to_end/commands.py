#!/usr/bin/env python3
"""Every command that README, CONTRIBUTING and docs show is one that tailbit takes. commands.py TAILBIT ROOT

Each is run by a shell, in a folder where `tailbit` and `./run` are a stand-in that calls the program so that it takes seconds and no
downloaded file: drawn data stand in for a known set, trainings have 2 epochs of a small network, `grid` gets --slurm, a file of
word vectors has two words, and a run file or a folder of runs that a command reads is made by a training of before. What is not
run stands in NOT_RUN, with the reason."""
import glob
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile

NOT_RUN = {
    "./run demo": "minutes; the test demo runs it",
    "tailbit demo": "the same",
    "./run test": "runs this test",
    "./run bench": "installs PyTorch, and measures for minutes",
    "./run release": "packs a build of its own; the test release makes the tree and runs it",
    "./run mini-table3": "half an hour; the test paper_pictures runs the table in small",
    "tailbit figure figure2": "plots runs on CIFAR-10 alone; the test picture says which",
    "tailbit bench": "measures for a minute; the test bench runs it",
    "./run data fetch": "needs a network; the test fetch has a server of its own",
    "tailbit data fetch": "the same",
    "tailbit data import": "needs an official archive; the tests import and real run it",
    "meson setup": "builds tailbit anew",
    "CC=clang meson": "builds tailbit anew, with ThreadSanitizer",
    "CK_FORK=no": "is a test of that build",
    "TAILBIT_TEST_FLIPS=1": "is the test flips with all its flips",
}
LAUNCHER = re.compile(r"^(?:srun|mpirun) .*?(?=tailbit )")  # of what MPI starts, one process is run
COMMAND = re.compile(r"^(?:\./run|tailbit|git|meson|[A-Z_]+=\S+) ")
USAGE = re.compile(r"\[--|DIR\||\|figure|--\w+ [A-Z]+$|^tailbit: ")
KNOWN = ("cifar10", "cifar100", "inaturalist", "imdb", "reviews", "shapes", "animals.h5", "new.h5")  # another name must be a mistake
APPLIERS = ("evaluate", "predict")
IMAGES = {"--epochs": "2", "--model": "resnet8", "--batch": "32"}
TEXT = {"--epochs": "2", "--batch": "16", "--embedding": "8", "--hidden": "16"}


def take_option(words, name, value=None):
    """Sets an option, or where `value` is None only reads it."""
    at = words.index(name) if name in words else None
    if value is not None and at is None:
        words += [name, value]
    elif value is not None:
        words[at + 1] = value
    return words[words.index(name) + 1] if name in words else None


def stand_in(verb, words):
    """The words of a command that takes seconds."""
    data = take_option(words, "--data")
    text = data in ("imdb", "reviews")
    if data in KNOWN:
        take_option(words, "--data", "reviews:60:10" if text else "shapes:20:5")
        if verb not in APPLIERS and not text and take_option(words, "--imbalance") != "none":
            take_option(words, "--rho", "5")
    if verb == "train":
        for name, value in (TEXT if text else IMAGES).items():
            take_option(words, name, value)
        for name in {"--drops", "--switch"} & set(words):
            take_option(words, name, "1")
    if "--glove" in words:
        take_option(words, "--glove", os.environ["COMMANDS_RUNS"] + "/glove.txt")
    if verb == "grid" and "--dry-run" not in words and "--slurm" not in words:
        words.append("--slurm")  # reads every option and starts nothing; --dry-run measures for seconds
    if verb in ("table", "report", "figure", "status", "compare", "probe", "export", "info", *APPLIERS):
        for word in words:
            is_path = not word.startswith("-") and (word.endswith(".h5") or "/" in word or word in ("runs", "tune"))
            if is_path and words[words.index(word) - 1] != "--out" and not os.path.exists(word):
                os.makedirs(os.path.dirname(word) or ".", exist_ok=True)
                source = os.environ["COMMANDS_RUNS"]
                (shutil.copytree if not word.endswith(".h5") else lambda _, to: shutil.copy(f"{source}/a.h5", to))(source, word)
    return words


def commands_of(page):
    """(line number, command) of every command in the page's blocks; a loop of a shell is one command."""
    with open(page, encoding="utf-8") as file:
        lines = file.read().split("\n")
    fenced, loop = False, None
    for number, line in enumerate(lines, 1):
        fenced = fenced != line.startswith("```")
        text = LAUNCHER.sub("", line.strip().removeprefix("$ "))
        if line.startswith("```") or not (fenced or line.startswith("    ")):
            continue
        if loop is not None:
            loop = (loop[0], loop[1] + "\n" + text)
            if text == "done":
                yield loop
                loop = None
        elif text.startswith("for ") and text.endswith("; do"):
            loop = (number, text)
        elif COMMAND.match(text + " ") and not USAGE.search(re.sub(r"\s+#.*", "", text)):
            yield number, text


def make_shims(tailbit):
    with open("tailbit", "w", encoding="utf-8") as file:
        file.write(f"#!/bin/sh\nexec {shlex.join([sys.executable, '-B', os.path.abspath(__file__), '--stand-in', tailbit])} \"$@\"\n")
    os.chmod("tailbit", 0o755)
    shutil.copy("tailbit", "run")


def make_runs(tailbit):
    os.mkdir("made")
    for name, method in (("a.h5", "LDAM-DRW"), ("b.h5", "ERM")):
        subprocess.run([tailbit, "train", "--data", "shapes:20:5", "--rho", "5", "--method", method, "--model", "resnet8", "--epochs", "2",
                        "--batch", "32", "--out", f"made/{name}"], check=True, stdout=subprocess.DEVNULL)  # fmt: skip
    with open("made/glove.txt", "w", encoding="utf-8") as file:
        file.write("".join(f"{word}{' 0.5' * int(TEXT['--embedding'])}\n" for word in ("good", "bad")))
    os.environ["COMMANDS_RUNS"] = os.path.abspath("made")


def main():
    tailbit, root = map(os.path.abspath, sys.argv[1:])
    # These have tests that run all of them.
    tested = {f"{root}/docs/your-own-data.md", f"{root}/docs/pictures.md"}
    pages = [f"{root}/README.md", f"{root}/CONTRIBUTING.md", *sorted(set(glob.glob(f"{root}/docs/*.md")) - tested)]
    used, wrong, count = set(), [], 0
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        make_shims(tailbit)
        make_runs(tailbit)
        os.environ["PATH"] = f"{folder}:{os.environ['PATH']}"
        for page in pages:
            for number, command in commands_of(page):
                reason = [start for start in NOT_RUN if command.startswith(start)]
                used.update(reason)
                if reason:
                    continue
                done = subprocess.run(["sh", "-e", "-c", command], capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
                count += 1
                if done.returncode != 0:
                    wrong.append(f"{os.path.relpath(page, root)}:{number}: {command}\n  {done.returncode}: {done.stderr.strip()}")
    print(f"{count} commands were run")
    wrong += [f"{start}: stands in NOT_RUN, and no page has it" for start in NOT_RUN if start not in used]
    print("\n".join(wrong))
    sys.exit(1 if wrong or count < 20 else 0)


if sys.argv[1] == "--stand-in":
    os.execv(sys.argv[2], [sys.argv[2], *sys.argv[3:4], *stand_in(sys.argv[3], sys.argv[4:])])
main()
