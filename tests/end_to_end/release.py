#!/usr/bin/env python3
"""A release runs where nothing else is: no libraries, no shell, no /proc, no environment, another user; its runs and figures
have the bits of the built program's; what its pages link to is in it. release.py TAILBIT BUILD TREE_SCRIPT"""
import glob
import os
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile

TAILBIT, BUILD, TREE_SCRIPT = map(os.path.abspath, sys.argv[1:])
NOBODY = 65534
TRAIN = "train --data shapes:20:5 --rho 5 --method ERM --model resnet8 --batch 16 --epochs 2 --out".split()
GRID = "data: shapes:20:5\nrho: 5\nmodel: resnet8\nbatch: 16\nepochs: 1\naxes:\n  method: [ERM, LDAM]\n"


def skip(why):
    print("skipped:", why)
    sys.exit(77)


def call(words, code=0, **more):
    done = subprocess.run(words, capture_output=True, text=True, check=False, **more)
    assert done.returncode == code, (words, done)
    return done.stdout + done.stderr


def enter(root):
    """The words before a command that is to run in root: as nobody where this is root, else as root of a name space."""
    if os.geteuid() == 0:
        return [shutil.which("chroot"), f"--userspec={NOBODY}:{NOBODY}", root]
    return [shutil.which("unshare"), "--map-root-user", f"--root={root}"]


def read(path):
    with open(path, "rb") as file:
        return file.read()


def check_links(tree):
    """Every relative link of a page, and every picture, is in the tree."""
    pages, links = glob.glob(f"{tree}/**/*.md", recursive=True), 0
    for page in pages:
        for target in re.findall(r'\]\(([^)\s]+)\)|(?:src|srcset|href)="([^"]+)"', read(page).decode()):
            path = "".join(target).split("#")[0]
            if path and "://" not in path:
                assert os.path.exists(os.path.join(os.path.dirname(page), path)), f"{page}: {path} is not in the release"
                links += 1
    assert len(pages) > 25 and links > 100, (pages, links)


def main():
    if not shutil.which("dpkg") or not shutil.which("gnuplot-nox"):
        skip("a release is made on a Debian with gnuplot-nox")
    os.umask(0o022)  # nobody reads what is made here
    with tempfile.TemporaryDirectory() as root:
        os.chmod(root, 0o755)
        for folder, mode in (("tmp", 0o777), ("opt", 0o755), ("dev", 0o755)):
            os.mkdir(f"{root}/{folder}")
            os.chmod(f"{root}/{folder}", mode)
        with open(f"{root}/dev/null", "w", encoding="ascii"), open(f"{root}/tmp/g.yaml", "w", encoding="ascii") as grid:
            grid.write(GRID)
        call(["sh", TREE_SCRIPT, BUILD, f"{root}/opt/tailbit"])
        check_links(f"{root}/opt/tailbit")
        os.symlink("/opt/tailbit/bin/tailbit", f"{root}/opt/link")
        words = enter(root)
        if subprocess.run([*words, "/opt/link", "--version"], capture_output=True, check=False, env={}).returncode in (1, 125):
            skip(f"this machine does not let this user run {words[0]}")

        def run(*arguments):
            return call([*words, "/opt/link", *arguments], env={})

        assert run("--version") == call([TAILBIT, "--version"])
        run(*TRAIN, "/tmp/a.h5")
        call([TAILBIT, *TRAIN, f"{root}/own.h5"])
        call([TAILBIT, "compare", f"{root}/own.h5", f"{root}/tmp/a.h5"])
        assert "2 jobs done" in run("grid", "/tmp/g.yaml", "--out", "/tmp/runs", "--jobs", "2")
        assert "LDAM" in run("table", "/tmp/runs")
        assert "finished" in run("info", "/tmp/a.h5")
        with zipfile.ZipFile(f"{root}/tmp/uni.npz", "w") as archive:
            archive.writestr("gr\u00f6\u00dfe.npy", b"")
        assert "gr\u00f6\u00dfe" in call([*words, "/opt/link", *TRAIN, "/tmp/b.h5", "--init", "/tmp/uni.npz"], code=3, env={})
        run("figure", "epochs", "/tmp/runs")
        call([TAILBIT, "figure", "epochs", f"{root}/tmp/runs", "--out", f"{root}/own"])
        assert read(f"{root}/own/epochs.svg") == read(f"{root}/tmp/runs/figures/epochs.svg")
        assert run("report", "/tmp/runs") == "/tmp/runs/report.html: 2 runs\n" and b"<svg" in read(f"{root}/tmp/runs/report.html")
        os.remove(f"{root}/opt/tailbit/lib/ld-linux-x86-64.so.2")
        said = call([*words, "/opt/link", "--version"], code=4, env={})
        assert "/opt/tailbit/lib/ld-linux-x86-64.so.2: No such file or directory; unpack the whole archive" in said, said


main()
