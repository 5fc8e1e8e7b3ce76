#!/usr/bin/env python3
"""Where tailbit writes and where it looks: it replaces nothing that it did not make, sees before the work what will fail,
finds what lies behind links once, and names what it may not read."""
import os
import shutil
import subprocess
import sys
import tempfile

TAILBIT = os.path.abspath(sys.argv[1])
TINY = "train --data shapes:20:5 --method ERM --model resnet8 --imbalance none --batch 32 --epochs 1 --out".split()
CELL = "shapes-20-5-none-ERM-seed0"
NOBODY = 65534


def run(*words, code=0, said="", **more):
    done = subprocess.run([more.pop("program", TAILBIT), *words], capture_output=True, text=True, check=False, **more)
    assert done.returncode == code and said in done.stderr, (words, code, said, done)
    assert "Traceback" not in done.stderr and (code != 2 or len(done.stderr.splitlines()) == 1), done
    return done


def write(path, text):
    os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
    with open(path, "w", encoding="utf-8") as f:
        f.write(text)


def read(path):
    with open(path, "rb") as f:
        return f.read()


def tree():
    return sorted(os.path.join(at, name) for at, folders, files in os.walk(".") for name in folders + files)


WRITERS = {
    "report": ["report", ".", "--out"],
    "npz": ["export", "a.h5", "--npz", "--out"],
    "onnx": ["export", "a.h5", "--onnx", "--out"],
    "probe": ["probe", "a.h5", "--features", "at-end", "--protocol", "paper", "--out"],
    "train": TINY,
}


def check_foreign():
    """Nobody's file but its own kind is replaced, and nothing is left beside it."""
    write("notes.txt", "my notes\n")
    write("page.html", "<!DOCTYPE html>\n<html lang=\"en\">\n<p>mine</p>\n")
    write("mine.zip", "PK\x03\x04 mine")
    write("c.h5.lock", "process 7 on here\n")
    for name, words in WRITERS.items():
        own = f"own.{name}"
        run(*words, own)
        run(*words, own)  # one's own kind is replaced
    before = tree()
    for name, words in WRITERS.items():
        there = ["notes.txt", "page.html", "mine.zip", "c.h5.lock", *(f"own.{other}" for other in WRITERS if other != name)]
        for path in [*there, *(["a.h5"] if name != "train" else [])]:
            text = read(path)
            run(*words, path, code=2, said=f"{path} is there and is no tailbit")
            assert read(path) == text
        run(*words, "lost", code=2, said="lost is a link that leads nowhere")
        run(*words, "folder", code=2, said="folder is not a regular file")
        write(f"empty.{name}", "")
        before = sorted([*before, f"./empty.{name}"])
        run(*words, f"empty.{name}")
    assert tree() == before, (tree(), before)
    write("b.h5.lock", "a list of mine\n")
    run(*TINY, "b.h5", code=2, said="b.h5.lock is there and is no tailbit lock file")
    assert not os.path.exists("b.h5")


def check_folders_of_files():
    """The files of an export, of a figure and of a cell are looked at before the first of them is written."""
    run("export", "a.h5", "--csv", "--out", "csv")
    run("export", "a.h5", "--csv", "--out", "csv")
    for name in os.listdir("csv"):
        write(f"csv-{name}/{name}", "mine\n")
        run("export", "a.h5", "--csv", "--out", f"csv-{name}", code=2, said=f"csv-{name}/{name} is there and is no tailbit")
        assert os.listdir(f"csv-{name}") == [name]
    for name, text in {"classes.csv": "class,class_name\n0,cat\n", "epochs.csv": "epoch,lr,train_loss,val_loss\n1,0.1,2.3,2.4\n"}.items():
        write(f"csv-{name}/{name}", text)
        run("export", "a.h5", "--csv", "--out", f"csv-{name}", code=2, said=f"csv-{name}/{name} is there and is no tailbit")
        assert read(f"csv-{name}/{name}") == text.encode()
    write("labels.csv", "example,label,note\n0,3,blurred\n")
    run("predict", "a.h5", "--out", "labels.csv", code=2, said="labels.csv is there and is no tailbit")
    os.remove("labels.csv")
    for end in ["csv", "gp", "svg", "pdf"]:
        write(f"figures-{end}/epochs.{end}", "mine\n")
        run("figure", "epochs", ".", "--out", f"figures-{end}", code=2, said=f"epochs.{end} is there and is no tailbit")
        assert os.listdir(f"figures-{end}") == [f"epochs.{end}"]
    for end in ["yaml", "log", "failed", "h5.lock"]:
        write(f"grid-{end}/{CELL}.{end}", "mine\n")
        grid = ["grid", "g.yaml", "--out", f"grid-{end}"]
        run(*grid, code=2, said=f"{CELL}.{end} is there and is no tailbit")
        assert os.listdir(f"grid-{end}") == [f"{CELL}.{end}"] and read(f"grid-{end}/{CELL}.{end}") == b"mine\n"
    run("grid", "g.yaml", "--out", "grid")
    run("grid", "g.yaml", "--out", "grid")
    os.remove(f"grid/{CELL}.h5")
    write(f"grid/{CELL}.failed", "exit code 4: no memory\n")
    write(f"grid/{CELL}.yaml", "data: reviews\nmethod: ERM\n")
    run("grid", "g.yaml", "--out", "grid")  # goes on in its own log, over its own configuration


def check_a_file_in_the_way():
    """A file in the place of a folder is the command line's fault, and is said once."""
    write("afile", "mine\n")
    for words in (["grid", "g.yaml", "--out", "afile"], ["grid", "g.yaml", "--out", "afile", "--dry-run"]):
        run(*words, code=2, said="afile is a file: expected the folder of the jobs")
    run("grid", "g.yaml", "--out", "afile/deep", code=2, said="a file lies in the way")
    run("export", "a.h5", "--csv", "--out", "afile", code=2, said="a file lies in the way")
    run("report", ".", "--out", "afile/r.html", code=2, said="a file lies in the way")
    assert read("afile") == b"mine\n"
    os.remove("afile")


def check_names():
    """A name as long as the file system takes it is written; a longer one is refused at once, and leaves nothing."""
    for name, words in WRITERS.items():
        longest = 250 if name == "train" else 255  # .lock
        path = "n" * (longest - len(name)) + name
        run(*words, path)
        assert os.path.getsize(path) > 0
        os.remove(path)
    for name, words in WRITERS.items():
        before = tree()
        run(*words, "n" * 256, code=2, said="the name is too long")
        run(*words, "n" * 256 + "/" + name, code=2, said="the name is too long")
        run(*words, "notes.txt/" + name, code=2, said="a file lies in the way")
        run(*words, "lost/" + name, code=4, said="a link that leads nowhere")
        assert tree() == before
    run(*TINY, "n" * 251, code=2, said="the name is too long")
    assert not os.path.exists("n" * 251)


def check_links():
    """Behind links, and loops of them, everything is found once; a folder that may not be read is named."""
    for name in ["runs/t1", "big/t2", "big/t3"]:
        os.makedirs(name)
        shutil.copy("a.h5", name)
    os.symlink("../big/t2", "runs/t2")
    os.symlink("../big/t2", "runs/t2-again")
    os.symlink("..", "runs/t1/up")
    os.symlink("loop", "runs/loop")
    os.symlink("../../runs", "big/t2/back")
    assert run("table", "runs").stdout.count("there twice: ") == 1  # t2/a.h5, the bits of t1/a.h5
    assert run("report", "runs", "--out", "links.html").stdout == "links.html: 2 runs\n"
    os.makedirs("one")
    shutil.copy("a.h5", "one/a.h5")
    os.symlink("a.h5", "one/z.h5")
    assert "there twice" not in run("table", "one").stdout
    assert run("report", "one", "--out", "one.html").stdout == "one.html: 1 run\n"
    run("table", "one/nothing.h5", code=3, said="cannot open one/nothing.h5: ")
    run("export", "one/a.h5", "--csv")  # its config.yaml is no job that waits
    run("report", "one")
    with open("one/report.html", encoding="utf-8") as page:
        assert "not run yet" not in page.read()
    assert "\n2 the same, 0 differ" in run("compare", "runs", "runs").stdout
    run("figure", "epochs", "runs", "--out", "linked", code=0 if shutil.which("gnuplot") else 4)
    os.makedirs("folded/x.h5")
    os.symlink("x.h5", "folded/y.h5")
    assert "unreadable" not in run("status", "folded").stdout


def check_another_user():
    """As one who may not write or read everywhere; root may."""
    program = os.path.abspath("tailbit")
    shutil.copy(TAILBIT, program)
    os.chmod(program, 0o755)
    as_nobody = {"program": program, "user": NOBODY, "group": NOBODY, "extra_groups": []}
    os.makedirs("theirs/runs/hidden")
    os.makedirs("theirs/runs/blind")
    shutil.copy("a.h5", "theirs/runs/a.h5")
    shutil.copy("a.h5", "theirs/runs/blind/b.h5")
    os.chmod("theirs/runs/hidden", 0o700)
    os.chmod("theirs/runs/blind", 0o744)
    for words, what in [(["figure", "all", "theirs/runs"], "theirs/runs/figures/"), (["report", "theirs/runs"], "theirs/runs/report.html"),
                        (["grid", "g.yaml", "--out", "theirs/nn"], "theirs/nn"), ([*TINY, "theirs/r.h5"], "theirs/r.h5"),
                        (["export", "a.h5", "--csv", "--out", "theirs/csv"], "theirs/csv"), (["probe", "a.h5", "--out", "theirs/p.h5"], "theirs/p.h5")]:
        run(*words, code=4, said=what, **as_nobody)
        run(*words, code=4, said="no permission", **as_nobody)
    os.mkdir("ours")
    os.chown("ours", NOBODY, NOBODY)
    done = run("table", "theirs/runs", **as_nobody)
    assert "theirs/runs/hidden: Permission denied" in done.stderr and "theirs/runs/blind/b.h5: Permission denied" in done.stderr, done
    done = run("report", "theirs/runs", "--out", "ours/report.html", **as_nobody)
    assert done.stdout == "ours/report.html: 1 run\n" and read("ours/report.html").count(b"Permission denied") == 2, done
    run("figure", "epochs", "theirs/runs", "--out", "ours", code=0 if shutil.which("gnuplot") else 4, said="hidden: Permission denied", **as_nobody)
    done = run("compare", "theirs/runs", "theirs/runs", code=3, **as_nobody)
    assert "theirs/runs/hidden: Permission denied" in done.stdout and "\n1 the same, 0 differ" in done.stdout, done


def main():
    os.umask(0o022)  # another user reads what is made here
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        os.chdir(folder)
        os.symlink("nowhere/at/all", "lost")
        os.mkdir("folder")
        write("g.yaml", "data: shapes:20:5\nmethod: ERM\nmodel: resnet8\nimbalance: none\nbatch: 32\nepochs: 1\n")
        run(*TINY, "a.h5")
        check_foreign()
        check_folders_of_files()
        check_a_file_in_the_way()
        check_names()
        check_links()
        if os.geteuid() == 0:
            check_another_user()
        else:
            print("not root: nothing was tried as another user")


main()
