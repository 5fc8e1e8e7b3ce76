#!/usr/bin/env python3
"""Data and files that are unusual, damaged or hostile: each is taken, or refused with its own cause; none is lost or hangs.
strange.py TAILBIT"""
import contextlib
import ctypes
import hashlib
import os
import pathlib
import resource
import shutil
import subprocess
import sys
import tempfile
import time
import zipfile

try:
    import h5py
    import numpy as np
    from PIL import Image
except ImportError:
    print("skipped: h5py or python3-pil is not installed")
    sys.exit(77)

TAILBIT = os.path.abspath(sys.argv[1])
values = np.random.default_rng(5)
SMALL = ["--method", "ERM", "--model", "resnet8", "--imbalance", "none", "--batch", "8", "--epochs", "1", "--threads", "1"]


def run(*words, code=0, **more):
    done = subprocess.run([TAILBIT, *map(str, words)], capture_output=True, text=True, check=False, timeout=60, **more)
    assert done.returncode == code, (words, done)
    return done.stdout + done.stderr


def expect(text, *parts):
    for part in parts:
        assert part in text, (part, text)


def draw(path, width=16, height=16):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(values.integers(0, 255, (height, width, 3), dtype=np.uint8)).save(path)


def draw_folder(folder, names=("a", "b"), count=2):
    for part in ("train", "test"):
        for name in names:
            for i in range(count):
                draw(folder / part / name / f"{i}.png")


@contextlib.contextmanager
def new_sets():
    """A data folder of its own."""
    with tempfile.TemporaryDirectory() as sets:
        os.environ["TAILBIT_DATA"] = sets
        yield pathlib.Path(sets)


# ---- archives and folders of pictures ------------------------------------------------------------------------------------


def tiny(path, *, val=("val_0.JPEG\tn1", "val_1.JPEG\tn2"), rename=None, twice=None):
    """Tiny ImageNet's layout in a zip; `rename`: (path, other path), `twice`: a path that is in it twice."""
    folder = path.with_suffix("")
    for name in ("n1", "n2"):
        for i in range(2):
            draw(folder / "train" / name / "images" / f"{name}_{i}.JPEG")
    for i in range(2):
        draw(folder / "val" / "images" / f"val_{i}.JPEG")
    (folder / "val" / "val_annotations.txt").write_text("".join(line + "\n" for line in val))
    with zipfile.ZipFile(path, "w") as packed:
        for file in sorted(folder.rglob("*.*")):
            name = str(file.relative_to(folder))
            packed.write(file, "tiny-imagenet-200/" + (rename[1] if rename and name == rename[0] else name))
        if twice:
            packed.write(folder / twice, "tiny-imagenet-200/" + twice)
    return path


def paths_in_a_zip():
    """A path that is no ASCII is flagged as UTF-8 in a zip, whatever the locale."""
    with new_sets() as sets:
        archive = tiny(pathlib.Path("uni.zip"), rename=("train/n1/images/n1_0.JPEG", "train/n1/images/bild_\u00e9.JPEG"))
        for locale in ("C", "C.UTF-8"):
            expect(run("data", "import", "tiny_imagenet", archive, "--unverified", env={**os.environ, "LC_ALL": locale}), "4 training")
        expect((sets / "tiny_imagenet" / "index.txt").read_text(encoding="utf-8"), "bild_\u00e9.JPEG")
    np.savez("uni.npz", **{"gr\u00f6\u00dfe": np.zeros((3, 3), np.float32)})
    expect(run("train", "--data", "shapes:2:1", *SMALL, "--init", "uni.npz", "--out", "n.h5", code=3), "lacks conv1.weight")


def what_stands_twice():
    with new_sets():
        archive = tiny(pathlib.Path("lines.zip"), val=("val_0.JPEG\tn1", "val_0.JPEG\tn2", "val_1.JPEG\tn2"))
        expect(run("data", "import", "tiny_imagenet", archive, "--unverified", code=3), "two lines of val_0.JPEG")
        for name in ("val/images/val_1.JPEG", "train/n2/images/n2_0.JPEG"):
            archive = tiny(pathlib.Path("twice.zip"), twice=name)
            expect(run("data", "import", "tiny_imagenet", archive, "--unverified", code=3), f"{name} is in it twice")


def a_long_strip():
    """Only the part of a resized picture that the network sees has to fit into memory."""
    draw_folder(pathlib.Path("strips"))
    draw(pathlib.Path("strips/train/a/strip.png"), 2000, 1)
    draw(pathlib.Path("strips/test/b/strip.png"), 1, 2000)
    draw(pathlib.Path("strips/train/b/strip.png"), 1, 3_000_000)  # the rows of the crop alone: all of them take 2 GB
    with new_sets():
        run("data", "import", "folder", "strips/")
        run("train", "--data", "strips", *SMALL, "--image-size", "32", "--short-side", "256", "--out", "strips.h5")


def names_that_become_one():
    """Names are written without control characters, and stay different."""
    draw_folder(pathlib.Path("one"), ("a\tb", "a\\x09b"))
    with new_sets():
        expect(run("data", "import", "folder", "one", code=3), "the same name")


def records():
    """A damaged record is named; the last part of a path is the source, with or without a slash behind it."""
    draw_folder(pathlib.Path("photos"))
    os.utime("photos/train/a/0.png", (13_569_465_600, 13_569_465_600))  # the year 2400
    with new_sets() as sets:
        run("data", "import", "folder", "photos/")
        record = sets / "photos" / "tailbit-record"
        expect(record.read_text(), "source: photos\n")
        record.write_text("name: photos\nverified: maybe\n")
        for words in (["split", "--data", "photos", "--imbalance", "none"], ["data", "verify", "photos"]):
            expect(run(*words, code=3), 'no line "verified: yes"')
        expect(run("data", "list"), "photos")
        shutil.copytree(sets / "photos", sets / "photos.tmp")
        assert "photos.tmp" not in run("data", "list")
        os.unlink(record)
        record.mkdir()
        expect(run("data", "verify", "photos", code=3), "tailbit data import folder PATH")


def write_index(folder, classes, pictures):
    """An index of packed pictures with right checks and digest (docs/pictures.md)."""
    xxh3 = ctypes.CDLL("libxxhash.so.0").XXH3_64bits
    xxh3.restype = ctypes.c_uint64
    folder.mkdir()
    heads = [f"tailbit-pictures 1\tlibs\t{len(classes)}\t{sum(p[1] == 'train' for p in pictures)}\t{sum(p[1] == 'test' for p in pictures)}\t{'0' * 32}"]
    lines = heads + [f"{c}\t{c}\t" for c in classes] + ["\t".join(map(str, p)) for p in pictures]
    hashes = [xxh3(line.encode(), ctypes.c_size_t(len(line))) for line in lines]
    (folder / "index.txt").write_text("".join(f"{line}\t{h:016x}\n" for line, h in zip(lines, hashes)))
    digest = hashlib.sha256("".join(f"{c}\n" for c in classes).encode())
    for p in pictures:
        digest.update(f"{p[1]} {p[2]} {p[3]} {p[4]} {p[9]}\n".encode())
    (folder / "tailbit-record").write_text(f"name: {folder.name}\nverified: no\nsha256: {digest.hexdigest()}\nsource: x\n")
    (folder / "pictures-000.pack").write_bytes(b"x" * 100)


def hostile_indices():
    part = lambda place, name, label, size: (place, name, label, 16, 16, 0, 0, size, "a" * 32, "a" * 32, "good", "p", "")
    with new_sets() as sets:
        write_index(sets / "zero", [], [])
        write_index(sets / "one", ["a"], [part(0, "train", 0, 50), part(1, "test", 0, 50)])
        for name in ("zero", "one"):
            expect(run("split", "--data", name, "--imbalance", "none", code=3), "expected 2, 1 and 1 at least")
        pictures = [part(0, "train", 0, 2**63 - 808), part(1, "train", 1, 50), part(2, "test", 0, 50), part(3, "test", 1, 50)]
        write_index(sets / "big", ["a", "b"], pictures)
        expect(run("data", "verify", "big", code=3), "damaged at picture 0 of 4")


def data_folders():
    for words in (["data", "list"], ["split", "--data", "cifar10"], ["data", "verify", "photos"]):
        expect(run(*words, "--data-dir", "/etc/passwd", code=2), "cannot be the data folder: Not a directory")


def few_descriptors():
    """A want of descriptors is no fault of the data."""
    draw_folder(pathlib.Path("few"))
    with new_sets():
        run("data", "import", "folder", "few")
        few = lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (4, 4))
        done = subprocess.run([TAILBIT, "data", "verify", "few"], capture_output=True, text=True, check=False, preexec_fn=few)
        assert done.returncode == 4, done
        words = ["train", "--data", "shapes:4:2", *SMALL, "--out", "few.h5"]
        run(*words)
        expect(run(*words, code=4, preexec_fn=few), "Too many open files")


# ---- other files ---------------------------------------------------------------------------------------------------------


def own_file(path, labels, names=None, count=2):
    labels = np.repeat(labels, count)
    images = values.integers(0, 255, (len(labels), 3, 8, 8), dtype=np.uint8)
    with h5py.File(path, "w") as file:
        file.update({"images": images, "labels": labels, "test_images": images, "test_labels": labels})
        if names is not None:
            file["class_names"] = np.array(names)


def classes_of_a_file():
    own_file("latin.h5", [0, 1], [b"caf\xe9", b"dog"])
    run("train", "--data", "latin.h5", *SMALL, "--out", "latin-run.h5")
    with h5py.File("latin-run.h5") as file:
        assert list(file["split/class_name"].asstr()) == ["caf\\xe9", "dog"]
    own_file("one.h5", [0])
    expect(run("split", "--data", "one.h5", "--imbalance", "none", code=3), "all labels are 0")
    own_file("single.h5", [0, 1], count=1)
    expect(run("train", "--data", "single.h5", *SMALL, "--validation-frac", "0.5", "--out", "v.h5", code=2), "cannot be held out")


def pipes_as_locks():
    """A named pipe in the place of a lock does not hang who looks."""
    os.mkdir("pipes")
    run("train", "--data", "shapes:4:2", *SMALL, "--out", "pipes/r.h5")
    os.mkfifo("pipes/r.h5.lock")
    run("status", "pipes")
    run("report", "pipes", "--out", "pipes.html")


def long_paths():
    """A message keeps its cause behind a path of any length that Linux opens."""
    folder = "/".join(["x" * 250] * 6)
    os.makedirs(folder)
    expect(run("split", "--data", f"{folder}/none.h5", "--imbalance", "none", code=3), "missing, expected")


def threads_that_wait():
    words = ["train", "--data", "shapes:1:1", *SMALL[:-6], "--epochs", "1", "--threads", "8"]
    for batch in ("10", "128"):
        expect(run(*words, "--batch", batch, "--out", f"wait-{batch}.h5"), "a mini-batch of 10 has 3 groups of shards", "a smaller --shard")
    expect(run(*words, "--batch", "10", "--gradient-groups", "1", "--out", "wait.h5"), "has 1 group of shards", "(more --gradient-groups would")
    expect(run(*words, "--batch", "1", "--shard", "1", "--out", "wait-1.h5"), "threads wait (a larger --batch would use them")


def seconds_of_epochs():
    """An epoch's time has its evaluations, which take most of it here."""
    run("train", "--data", "shapes:4:300", *SMALL[:-4], "--epochs", "3", "--threads", "1", "--out", "seconds.h5")
    with h5py.File("seconds.h5") as file:
        steps_s = len(file["split/train_index"]) / file["timing/images_per_s"][:]
        assert (file["timing/seconds"][:] > 2 * steps_s).all(), (file["timing/seconds"][:], steps_s)


def seconds_of_a_stopped_epoch():
    """An epoch's time is that of all starts that trained it."""
    words = ["train", "--data", "shapes:400:2", *SMALL, "--save-every", "1step", "--out", "begun.h5"]
    with subprocess.Popen([TAILBIT, *words], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as child:
        while not os.path.exists("begun.h5"):
            assert child.poll() is None, child
            time.sleep(0.05)
        time.sleep(0.5)
        child.terminate()
    assert child.returncode == 75, child
    with h5py.File("begun.h5") as file:
        begun_s = file["timing"].attrs["begun_s"]
    run(*words)
    with h5py.File("begun.h5") as file:
        assert file["timing/seconds"][0] > begun_s > 0.5 and file["timing"].attrs["begun_s"] == 0, (file["timing/seconds"][0], begun_s)


# ---- commands ------------------------------------------------------------------------------------------------------------


def grids_of_strange_names():
    """A grid recognises its own configuration, whatever stands in its values; a user's comment stays the user's."""
    own_file("my#set #1.h5", [0, 1])
    pathlib.Path("hash.yaml").write_text("data: x\nmethod: ERM\nmodel: resnet8\nimbalance: none\nbatch: 8\nepochs: 1\n")
    words = ["grid", "hash.yaml", "--data", "my#set #1.h5", "--threads", "1", "--out", "hashes"]
    run(*words)
    (config,) = pathlib.Path("hashes").glob("*.yaml")
    config.with_suffix(".h5").unlink()
    run(*words)
    config.with_suffix(".h5").unlink()
    config.write_text(config.read_text() + "# mine\n")
    expect(run(*words, code=2), "is no tailbit grid configuration file")


def folders_of_jobs():
    """A report lists the jobs of every folder, also of one without any run file."""
    os.makedirs("jobs/sub")
    run("train", "--data", "shapes:4:2", *SMALL, "--out", "jobs/r.h5")
    stem = "jobs/sub/shapes-none-ERM-seed0"
    pathlib.Path(f"{stem}.yaml").write_text("data: shapes\nimbalance: none\nmethod: ERM\n")
    run("report", "jobs", "--out", "jobs.html")
    expect(pathlib.Path("jobs.html").read_text(encoding="utf-8"), "sub/shapes-none-ERM-seed0", "configured, and not run yet")
    pathlib.Path(f"{stem}.failed").write_text("exit code 4: disk full\n")
    run("report", "jobs", "--out", "jobs.html")
    expect(pathlib.Path("jobs.html").read_text(encoding="utf-8"), "disk full")


def grids_that_cannot_be_trained():
    """A grid with one such job ends before any other is trained, also as --dry-run."""
    recipe = "model: resnet8\nbatch: 8\nepochs: 1\n"
    grids = {
        "drop": ("axes:\n  seed: [0, 1]\nprobe: at-drop\ndata: shapes:4:2\nimbalance: none\nmethod: ERM\n", "its learning rate never drops"),
        "empty": ("axes:\n  imbalance: [none, long-tailed]\ndata: shapes:4:2\nmethod: ERM\n", "would be empty"),
        "features": ("axes:\n  seed: [0, 1]\nprobe: at-end\ndata: ./many.h5\nimbalance: none\nmethod: ERM\n", "expected keep_features: true"),
    }  # fmt: skip
    labels = np.arange(1002)
    with h5py.File("many.h5", "w") as file:
        for part in ("", "test_"):
            file[f"{part}images"], file[f"{part}labels"] = np.zeros((1002, 8, 8), np.uint8), labels
    for name, (text, said) in grids.items():
        pathlib.Path(f"{name}.yaml").write_text(text + recipe)
        for words in ([], ["--dry-run"]):
            expect(run("grid", f"{name}.yaml", "--out", name, *words, code=2), said)
        assert not os.path.exists(name)
    twins = "axes:\n  imbalance: [none, step]\n  mu: [0.3, 0.4]\n  rho: [2, 4]\ndata: shapes:4:2\nmethod: ERM\n"
    pathlib.Path("twins.yaml").write_text(twins + recipe)  # none is one run, whatever mu and rho are
    expect(run("grid", "twins.yaml", "--dry-run"), "left out: 3 jobs", "5 jobs, 5 to run")


def grids_that_fail_themselves():
    """A grid that cannot go on stops the jobs that it trains, with their check-points. (Not tried: a signal between fork and exec.)"""
    pathlib.Path("ends.yaml").write_text("axes: {epochs: [50, 5000, 2]}\ndata: shapes:4:2\nmethod: ERM\nmodel: resnet8\nimbalance: none\nbatch: 8\n")
    words = [TAILBIT, "grid", "ends.yaml", "--jobs", "2", "--threads", "2", "--out", "ends"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as grid:
        while not os.path.exists("ends/shapes-4-2-none-ERM-seed0-epochs-5000.log"):
            assert grid.poll() is None, grid.communicate()
            time.sleep(0.01)
        os.mkdir("ends/shapes-4-2-none-ERM-seed0-epochs-2.log")
        said = grid.communicate(timeout=40)[0]
    assert grid.returncode not in (0, 1) and "epochs-2.log" in said, (grid.returncode, said)
    expect(run("status", "ends"), "1 unfinished")


def features_in_yaml():
    """keep_features without effect is refused as a flag only; the run and its grid have it not."""
    words = ["--data", "shapes:4:2", *SMALL, "--out", "kept.h5"]
    expect(run("train", *words, "--keep-features", code=2), "has no effect with 10 classes")
    pathlib.Path("kept.yaml").write_text("keep_features: true\n")
    run("train", *words, "--config", "kept.yaml")
    assert "keep_features" not in run("info", "kept.h5")
    expect(run("train", *words, "--config", "kept.yaml"), "finished")
    pathlib.Path("kg.yaml").write_text("axes:\n  seed: [0]\nkeep_features: true\ndata: shapes:4:2\nimbalance: none\nmethod: ERM\nmodel: resnet8\nbatch: 8\nepochs: 1\n")
    expect(run("grid", "kg.yaml"), "1 job done")
    expect(run("grid", "kg.yaml"), "1 job done (0 now)")


def jobs_that_are_stopped_alone():
    """A job that meets its own limit on CPU time is stopped, not failed, so that a batch system queues the grid again."""
    pathlib.Path("limited.yaml").write_text("axes:\n  seed: [0]\ndata: shapes:200:2\nmethod: ERM\nmodel: resnet8\nepochs: 100000\n")
    grid = ("grid", "limited.yaml", "--out", "limited", "--threads", "1")
    said = run(*grid, code=75, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_CPU, (5, 5)))
    expect(said, "stopped by SIGXCPU", "1 stopped; the same command resumes them")
    assert not [name for name in os.listdir("limited") if name.endswith(".failed")], os.listdir("limited")
    expect(run("status", "limited"), "unfinished")


def empty_files_behind_links():
    """An empty file is begun, also behind a link; the link stays."""
    pathlib.Path("empty").touch()
    os.symlink("empty", "linked.h5")
    run("train", "--data", "shapes:4:2", *SMALL, "--out", "linked.h5")
    assert os.path.islink("linked.h5") and os.path.getsize("empty") > 0


def filters_and_defaults():
    """A filter finds a run by what its file leaves out at the default, and by its data."""
    os.makedirs("filtered")
    with h5py.File("own.h5", "w") as file:
        for part in ("", "test_"):
            file[f"{part}images"] = values.integers(0, 256, (20, 8, 8), np.uint8)
            file[f"{part}labels"] = np.arange(20) % 2
    for name, more in (("a", []), ("b", ["--validation-frac", "0.2"])):
        run("train", "--data", "./own.h5", *SMALL, *more, "--out", f"filtered/{name}.h5")
    digest = next(line.split()[1] for line in run("info", "filtered/a.h5").splitlines() if line.split()[0] == "data_sha256:")
    for only, held_out in (("validation_frac=0", False), ("validation_frac=0.2", True), (f"data_sha256={digest} & validation_frac>0", True),
                           ("bn_group=0 & crop=pad4 & keep_features=false & validation_frac<0.1", False)):
        table = run("table", "filtered", "--only", only, "--format", "csv")
        assert ("validation_frac 0.2" in table) == held_out and "ERM" in table, (only, table)
    expect(run("table", "filtered", "--only", "bn_group>0", code=2), "no cell matches")
    run("train", "--data", "./own.h5", *SMALL, "--validation-frac", "0.2", "--seed", "1", "--out", "filtered/c.h5")
    expect(run("figure", "methods", "filtered", "--out", "drawn"), "another setting: tailbit figure methods filtered --only validation_frac=0")


def times_and_names_of_files():
    """A run file of 1970 is one; what is none is named by its own name."""
    os.makedirs("old")
    run("train", "--data", "shapes:4:2", *SMALL, "--out", "old/x.h5")
    os.utime("old/x.h5", (0, 0))
    os.symlink("nowhere.h5", "old/gone.h5")
    os.mkfifo("old/pipe.h5")
    said = run("status", "old")
    expect(said, "no job's: gone.h5")
    assert "x.yaml" not in said and any(line.startswith("x ") for line in said.splitlines()), said
    expect(run("table", "old"), "pipe.h5: it is no regular file")


def pictures_of_another_folder():
    """Data of --data-dir are found again by the command of a report, and by evaluate."""
    draw_folder(pathlib.Path("drawings"))
    run("data", "import", "folder", "drawings", "--data-dir", "elsewhere")
    run("train", "--data", "drawings", "--data-dir", "elsewhere", *SMALL, "--out", "pictures/p.h5")
    run("report", "pictures", "--out", "pictures.html")
    expect(pathlib.Path("pictures.html").read_text(encoding="utf-8"), f"--data-dir {os.getcwd()}/elsewhere")
    run("evaluate", "pictures/p.h5")


def what_messages_advise():
    """The reason that stays when the first advice is followed; limits as they are accepted; what is really missing."""
    expect(run("train", "--data", "shapes:4:2", *SMALL, "--test-order", "1", "--out", "t.h5", code=2), "--test-order has no effect with ERM")
    expect(run("train", "--data", "shapes:4:2", *SMALL, "--momentum", "0.99999999", "--out", "t.h5", code=2), "at most 0.999999")
    expect(run("train", "--data", "shapes:4:2", *SMALL, "--seed", "1e17", "--out", "t.h5", code=2), "at most 9007199254740992")
    with h5py.File("half.h5", "w") as file:
        file["images"], file["labels"] = np.zeros((4, 8, 8), np.uint8), np.arange(4)
    run("train", "--data", "shapes:4:2", *SMALL, "--out", "h.h5")
    expect(run("evaluate", "h.h5", "--data", "./half.h5", code=3), "no dataset test_images, expected test_images, and test_labels")


def options_without_effect():
    run("train", "--data", "shapes:4:2", *SMALL, "--out", "o.h5")
    for words in (["--onnx", "--data", "/no/such.h5"], ["--npz", "--data-dir", "/no"], ["--csv", "--data", "shapes"]):
        expect(run("export", "o.h5", *words, code=2), "has no effect")
    for words in (["--isa", "avx2"], ["--threads", "7"]):
        expect(run("info", "o.h5", *words, code=2), "has no effect with a run file")


def demo_that_cannot_end():
    """What would end the demo after its trainings ends it before them."""
    os.mkdir("demo")
    expect(run("demo", "--out", "demo", "--epochs", "1", code=2), "--switch")
    pathlib.Path("demo/report.html").write_text("mine")
    expect(run("demo", "--out", "demo", code=2), "is no tailbit report file")
    assert os.listdir("demo") == ["report.html"]


def main():
    here = os.getcwd()
    for part in (paths_in_a_zip, what_stands_twice, a_long_strip, names_that_become_one, records, hostile_indices, data_folders, few_descriptors,
                 classes_of_a_file, pipes_as_locks, long_paths, threads_that_wait, seconds_of_epochs, seconds_of_a_stopped_epoch, grids_of_strange_names, folders_of_jobs,
                 grids_that_cannot_be_trained, grids_that_fail_themselves, jobs_that_are_stopped_alone, empty_files_behind_links,
                 features_in_yaml, filters_and_defaults, times_and_names_of_files, pictures_of_another_folder,
                 what_messages_advise, options_without_effect, demo_that_cannot_end):  # fmt: skip
        print(part.__name__, flush=True)
        part()
    os.chdir(here)


with tempfile.TemporaryDirectory() as scratch:
    os.chdir(scratch)
    main()
