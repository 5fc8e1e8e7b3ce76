#!/usr/bin/env python3
"""`tailbit figure` on folders, against h5py: every row is computed again from the run files. Arguments: tailbit, seal."""
import io
import math
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as xml
import zlib

try:
    import h5py
    import numpy as np
    from PIL import Image
except ImportError:
    print("skipped: h5py or Pillow is not installed")
    sys.exit(77)

TAILBIT, SEAL = map(os.path.abspath, sys.argv[1:])
SEEDS = {"ERM": 1, "LDAM-DRW": 3, "CB-RS": 2}  # without a deviation, and with one
NAMES = ("methods", "classes", "epochs", "probe", "margins", "bound")
SHAPES = "disc,square,triangle,cross,half,elbow,dash,dented disc,dented square,dented triangle".split(",")
COLOURS = {"ERM": "646464", "CB-RS": "3ca865", "LDAM-DRW": "305fc5"}
GROUPS = ("error", "balanced_error", "many_error", "medium_error", "few_error")
CAN_DRAW = shutil.which("gnuplot") is not None


def run(*words, code=0, **environment):
    done = subprocess.run([TAILBIT, *words], capture_output=True, text=True, check=False, env={**os.environ, **environment})
    assert done.returncode == code, (words, done)
    return done


def figure(name, folder, out, *more, code=0 if CAN_DRAW else 4, **environment):
    return run("figure", name, folder, "--out", out, *more, code=code, **environment)


def train(out, method, seed, *more, epochs=6):
    run("train", "--data", "shapes:20:10", "--rho", "5", "--model", "resnet8", "--epochs", str(epochs), "--batch", "32", "--method", method,
        "--seed", str(seed), "--threads", "1", "--out", out, *more)  # fmt: skip


def read(path):
    with open(path, "rb") as f:
        return f.read()


def number(value):
    return "%.8g" % value if math.isfinite(value) else ""


def pair(values):
    """",mean,deviation" over the seeds, as the C does it: sums in order."""
    mean = sum(values) / len(values)
    squares = sum((v - mean) ** 2 for v in values)
    return [number(mean), number(math.sqrt(squares / (len(values) - 1)) if len(values) > 1 else math.nan)]


class Run:
    def __init__(self, path):
        with h5py.File(path, "r") as f:
            self.counts = f["split/class_counts"][:]
            self.train, self.test = f["epochs/train_error"][:], f["epochs/test_error"][:]
            self.train_class, self.test_class = f["epochs/train_class_error"][-1], f["epochs/test_class_error"][-1]
            self.groups = [f[f"final/{name}"][0] for name in GROUPS]
            self.least, self.low = f["margins/class_min"][:], f["margins/class_quantile"][:, :, 0]
            margins, labels = f["margins/margin"][:].astype(float), f["margins/label"][:]
            assert f["margins/quantile_level"][0] == 0.05
            self.target = f["margins/target"][:] if "margins/target" in f else None
        of = [margins[labels == k] for k in range(len(self.counts))]
        self.final_least, self.final_low = [m.min() for m in of], [np.quantile(m, 0.05) for m in of]
        probe = path[:-3] + ".at-drop-paper.probe.h5"
        if os.path.exists(probe):
            with h5py.File(probe, "r") as f:
                self.probe = f["classifiers/class_error"][list(f["classifiers/name"].asstr()).index("logistic")]


def expected(name, methods):
    """The CSV of a figure; methods: (name, runs) in the order of the legend."""
    counts = methods[0][1][0].counts
    order = np.argsort(-counts, kind="stable")
    head = "method,class,rank,examples,seeds,"
    if name == "methods":
        rows = ["method,seeds," + ",".join(f"{group}_percent,{group}_std" for group in ("error", "balanced", "many", "medium", "few"))]
        for method, runs in methods:
            groups = [pair([100 * r.groups[g] for r in runs]) for g in range(5)]
            rows.append(",".join([method, str(len(runs)), *sum(groups, [])]))
        return "\n".join(rows) + "\n"
    rows = {"classes": [head + "train_error_percent,train_std,test_error_percent,test_std"],
            "epochs": ["method,epochs_done,seeds,train_error_percent,train_std,test_error_percent,test_std"],
            "probe": [head + "probe_error_percent,probe_std"],
            "margins": [head + "network,epochs_done,minimum,minimum_std,low,low_std,target"],
            "bound": [head + "minimum,minimum_std,low,low_std,minimum_term,minimum_term_std,low_term,low_term_std,sample_term,"
                             "minimum_bound,low_bound,test_error,test_std"]}[name]  # fmt: skip
    rows[0] += ",class_name" if name != "epochs" else ""
    for method, runs in methods:
        if name == "epochs":
            for e in range(len(runs[0].test)):
                rows.append(",".join([method, str(e + 1), str(len(runs)), *pair([100 * r.train[e] for r in runs]),
                                      *pair([100 * r.test[e] for r in runs])]))  # fmt: skip
            continue
        stages = [2, 3, 5, 6, None] if name == "margins" else [None]
        for stage in stages:
            for rank, k in enumerate(order):
                row = [method, str(k), str(rank + 1), str(counts[k]), str(len(runs))]
                n, root = float(sum(counts)), math.sqrt(counts[k])
                if name == "classes":
                    row += pair([100 * r.train_class[k] for r in runs]) + pair([100 * r.test_class[k] for r in runs])
                elif name == "probe":
                    row += pair([100 * r.probe[k] for r in runs])
                elif name == "margins":
                    row += ["training", str(stage)] if stage else ["evaluated", "6"]
                    row += pair([r.least[stage - 1, k] if stage else r.final_least[k] for r in runs])
                    row += pair([r.low[stage - 1, k] if stage else r.final_low[k] for r in runs])
                    row.append("" if runs[0].target is None else number(runs[0].target[k]))
                else:
                    terms = [[1 / (m[k] * root) if m[k] > 0 else math.inf for m in ms]
                             for ms in ([r.final_least for r in runs], [r.final_low for r in runs])]  # fmt: skip
                    row += pair([r.final_least[k] for r in runs]) + pair([r.final_low[k] for r in runs])
                    row += pair(terms[0]) + pair(terms[1]) + [number(math.log(n) / root)]
                    row += [number(sum(t) / len(t) + math.log(n) / root) for t in terms]
                    row += pair([r.test_class[k] for r in runs])
                rows.append(",".join([*row, SHAPES[k]]))
    return "\n".join(rows) + "\n"


def same_table(got, wanted):
    """Byte for byte, but for the eighth digit of a number: percent of a mean is not the mean of percents."""
    a, b = ([line.split(",") for line in text.splitlines()] for text in (got, wanted))
    assert [len(x) for x in a] == [len(x) for x in b], (got, wanted)
    for x, y in zip(a, b):
        for u, v in zip(x, y):
            assert u == v or abs(float(u) - float(v)) <= 2e-7 * abs(float(v)) + 1e-7, (x, y)


def check_svg(path, picture):
    text = read(path).decode()
    root = xml.fromstring(text)
    assert root.get("class") == "tailbit-figure", root.attrib
    names = [element.tag.split("}")[1] for element in root.iter()]
    assert "script" not in names and "image" not in names, set(names)
    assert root.find("{*}title").text == picture[0] and root.find("{*}desc").text == picture[1], picture
    style = root.find("{*}style").text
    for element in root.iter():
        for name in {"color", "stroke", "fill"} & set(element.keys()):
            value = element.get(name)  # what is black, however spelt, is one of those that the style makes the page's
            assert value not in ("#000", "#000000") and (set(value) - set("rgb(0, )") or f'[{name}="{value}"]' in style), (name, value)
            assert value != "black" or f"[{name}=black]" in style, (name, value)
    words = " ".join("".join(t.itertext()) for t in root.iter("{http://www.w3.org/2000/svg}text"))
    for word in picture[2]:
        assert word in words, (word, words)


def check_rendered(path, colours):
    """librsvg, which journals' and Wikipedia's tools draw with, opens the SVG, and shows text and every method in its colour."""
    if shutil.which("rsvg-convert") is None:
        return
    done = subprocess.run(["rsvg-convert", "--background-color=white", path], capture_output=True, check=False)
    assert done.returncode == 0 and not done.stderr, (path, done.stderr)
    seen = Image.open(io.BytesIO(done.stdout)).convert("RGB").getcolors(1 << 20)
    most = {colour: count for count, colour in seen}
    assert sum(count for count, colour in seen if max(colour) < 100) > 500, (path, sorted(seen)[-9:])  # words, axes
    for colour in colours:
        assert most.get(tuple(bytes.fromhex(colour)), 0) > 3, (path, colour, sorted(seen)[-9:])


def check_all_figures(runs):
    by_method = {m: [Run(f"runs/{m}-{s}.h5") for s in range(count)] for m, count in SEEDS.items()}
    legend = {name: ["ERM", "CB-RS", "LDAM-DRW"] for name in NAMES if name != "probe"} | {"probe": ["ERM", "CB-RS"]}
    titles = {"methods": "Methods compared", "classes": "Error by class", "epochs": "Error by epoch", "probe": "Error of a linear probe by class",
              "margins": "Class margins and class sizes", "bound": "The bound of Theorem 1, up to its constants"}  # fmt: skip
    lines = runs.stdout.splitlines()
    assert "figure" not in runs.stdout.replace("tailbit figure", ""), lines  # the paper's are of no concern
    assert lines[0].startswith("methods: not plotted: 1 run on shapes:20:10/long-tailed/5 (ERM): epochs 6 instead of 200, "), lines
    assert lines[1] == "methods: another setting: tailbit figure methods runs --only lr=0.05 --out out/lr-0.05", lines
    for line, name in zip([line for line in lines if line.startswith("out/")], NAMES, strict=True):
        same_table(read(f"out/{name}.csv").decode(), expected(name, [(m, by_method[m]) for m in legend[name]]))
        assert f"methods = '{' '.join(legend[name])}'\n" in read(f"out/{name}.gp").decode()
        assert line.startswith(f"out/{name}."), line
        assert "Otherwise than Cao et al. (2019): epochs 6 instead of 200" in line, line
        assert (name == "probe") != (f"{name}: another setting: " in runs.stdout), lines  # the run with another lr has no probe
        if CAN_DRAW:
            caption = line[line.index(". ") + 2 :]
            axis = ["dented triangl\u2026 (4)", "cross ("] if name in ("classes", "probe") else []
            check_svg(f"out/{name}.svg", (titles[name], caption, [*legend[name], "shapes:20:10, long-tailed, ρ=5, resnet8, 6 epochs", *axis]))
            assert read(f"out/{name}.pdf")[:5] == b"%PDF-"
            check_rendered(f"out/{name}.svg", [COLOURS[method] for method in legend[name]])


def check_same_bytes():
    """From copies in another order, in another language, at another time and from another place."""
    os.makedirs("again/b/a")
    for name in os.listdir("runs"):
        folder = {"E": "again", "C": "again/b/a"}.get(name[0], "again/b")
        shutil.copy(f"runs/{name}", f"{folder}/z-{name}" if name[0] == "C" else folder)
    os.mkdir("elsewhere")
    figure("all", "again", "out2", LC_ALL="de_DE.UTF-8", LANG="de_DE.UTF-8", TMPDIR="elsewhere", GNUTERM="dumb")
    assert os.listdir("elsewhere") == []
    for name in NAMES:
        for end in ("csv", "gp", "svg") if CAN_DRAW else ("csv", "gp"):
            assert read(f"out/{name}.{end}") == read(f"out2/{name}.{end}"), (name, end)
        if CAN_DRAW:
            one, other = undated(f"out/{name}.pdf"), undated(f"out2/{name}.pdf")
            assert one == other and len(one) > 3, (name, len(one), len(other))


def check_nothing_is_left_by_a_signal():
    """The temporary folder is gone, whenever the signal comes."""
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)  # nohup has SIGHUP ignored, also by children
        words = [TAILBIT, "figure", "all", "runs", "--out", "ended"]
        with subprocess.Popen(words, env={**os.environ, "TMPDIR": "elsewhere"}, stdout=subprocess.DEVNULL) as child:
            while child.poll() is None and not os.listdir("elsewhere"):
                time.sleep(0.001)
            child.send_signal(number)
        assert child.returncode == -number and os.listdir("elsewhere") == [], (child, os.listdir("elsewhere"))


def undated(path):
    """What the streams of a PDF hold, but for when it was made, and the last one, which has the places of the others."""
    streams = re.findall(rb"stream\n(.*?)\nendstream", read(path), re.DOTALL)[:-1]
    return [re.sub(rb"/CreationDate \(.*?\)", b"", zlib.decompressobj().decompress(stream)) for stream in streams]


def check_the_search_for_gnuplot():
    """A folder of that name, and a part of PATH that is not whole, are passed over."""
    for part in ("folders/gnuplot", "relative"):
        os.makedirs(part)
    with open("relative/gnuplot", "w", encoding="utf-8") as file:
        file.write("#!/bin/sh\nexit 1\n")
    os.chmod("relative/gnuplot", 0o755)
    figure("epochs", "runs", "found", PATH=f"{os.path.abspath('folders')}:relative:{os.environ['PATH']}")


def check_the_script_alone():
    """What stands beside the picture draws it again, black for black, and says nothing of series that have no deviation."""
    os.mkdir("alone")
    for name in NAMES:
        for end in ("gp", "csv"):
            shutil.copy(f"out/{name}.{end}", "alone")
        done = subprocess.run(["gnuplot", "-d", f"{name}.gp"], cwd="alone", check=True, capture_output=True)
        assert done.stdout == done.stderr == b"", done
    svgs = [xml.fromstring(read(f"{folder}/classes.svg").decode()) for folder in ("out", "alone")]
    paths = [len(list(svg.iter("{http://www.w3.org/2000/svg}path"))) for svg in svgs]
    assert paths[0] == paths[1] > 20, paths


def check_without_gnuplot():
    os.mkdir("empty-path")
    os.mkdir("bare")
    with open("bare/epochs.svg", "w", encoding="ascii") as f:
        f.write("mine")
    done = figure("epochs", "runs", "bare", code=2)
    assert "bare/epochs.svg is there and is no tailbit figure file" in done.stderr, done
    assert os.listdir("bare") == ["epochs.svg"]
    figure("epochs", "runs", "other")
    for name in ["epochs.svg", "epochs.pdf"]:
        os.replace(f"other/{name}", f"bare/{name}")
    done = figure("epochs", "runs", "bare", code=4, PATH=os.path.abspath("empty-path"))
    assert "apt install gnuplot-nox" in done.stderr and len(done.stderr.splitlines()) == 1, done
    assert sorted(os.listdir("bare")) == ["epochs.csv", "epochs.gp"]
    with open("empty-path/gnuplot", "w", encoding="ascii") as f:
        f.write("#!/bin/sh\necho 'line 3: unknown terminal' >&2\nexit 3\n")
    os.chmod("empty-path/gnuplot", 0o755)
    done = figure("epochs", "runs", "bare", code=4, PATH=os.path.abspath("empty-path"))
    assert "gnuplot failed, exit code 3: line 3: unknown terminal" in done.stderr, done
    assert sorted(os.listdir("bare")) == ["epochs.csv", "epochs.gp"]


def check_few_epochs():
    """A quarter and a half of two epochs are one epoch: its margins are there once; the axis of epochs has whole numbers."""
    train("few/ERM.h5", "ERM", 0, epochs=2)
    figure("margins", "few", "few")
    figure("epochs", "few", "few")
    assert "stages = '1 2'" in read("few/margins.gp").decode()
    rows = [line.split(",") for line in read("few/margins.csv").decode().splitlines()[1:]]
    assert [sum(row[5:7] == stage for row in rows) for stage in (["training", "1"], ["training", "2"], ["evaluated", "2"])] == [10] * 3
    if CAN_DRAW:
        words = ["".join(t.itertext()).strip() for t in xml.fromstring(read("few/epochs.svg").decode()).iter("{http://www.w3.org/2000/svg}text")]
        assert words.count("2") >= 2 and "0.5" not in words, words


def check_filters(command):
    """Another setting is drawn by the command that a figure prints."""
    run(*command.split()[1:], code=0 if CAN_DRAW else 4)
    assert "methods = 'ERM'" in read("out/lr-0.05/methods.gp").decode()
    done = figure("epochs", "runs", "only", "--only", "method~DRW | ERM")
    assert "methods = 'ERM LDAM-DRW'" in read("only/epochs.gp").decode()
    assert "2 runs" not in done.stdout and "4 runs. Error by epoch." in done.stdout, done
    figure("epochs", "runs", "only", "--only", "method=Focal", code=2)
    figure("epochs", "runs", "only", "--only", "seed=7", code=2)


def check_the_default():
    """Without a name the methods are compared; plain, without a title, and smaller by its height."""
    run("figure", "runs", "--out", "default", code=0 if CAN_DRAW else 4)
    assert read("default/methods.csv") == read("out/methods.csv")
    run("figure", "classes", "runs", "--plain", "--out", "plain", code=0 if CAN_DRAW else 4)
    assert read("plain/classes.csv") == read("out/classes.csv")
    if CAN_DRAW:
        heights = []
        for folder, has in (("out", True), ("plain", False)):
            root = xml.fromstring(read(f"{folder}/classes.svg").decode())
            words = ["".join(t.itertext()) for t in root.iter("{http://www.w3.org/2000/svg}text")]
            assert any("Error by class" in w for w in words) == any("resnet8" in w for w in words) == has, words
            heights.append(int(root.get("height")))
        assert heights[0] - heights[1] == 43, heights
        check_rendered("plain/classes.svg", COLOURS.values())
        check_rendered("out/lr-0.05/methods.svg", [COLOURS["ERM"]])


def check_bad_input():
    assert "did you mean figure2?" in run("figure", "figur2", "runs", code=2).stderr
    assert "--many-over has no effect on figure epochs" in run("figure", "epochs", "runs", "--many-over", "30", code=2).stderr
    assert "expected: tailbit figure" in run("figure", "figure2", code=2).stderr
    assert "nowhere" in run("figure", "figure2", "nowhere", code=3).stderr
    os.mkdir("bad")
    done = run("figure", "figure2", "bad", code=3)
    assert "CB-RS or CB-RW on cifar10/step/100; `tailbit grid figure2 --out DIR`" in done.stderr, done
    assert os.listdir("bad") == []
    with open("bad/foreign.h5", "w", encoding="ascii") as f:
        f.write("not HDF5\n")
    damaged = bytearray(read("runs/ERM-0.h5"))
    with open("bad/damaged.h5", "wb") as f:
        f.write(damaged[: len(damaged) // 2])
    shutil.copy("runs/ERM-0.h5", "bad/unfinished.h5")
    with h5py.File("bad/unfinished.h5", "a") as f:
        del f["final"]
    shutil.copy("runs/ERM-0.h5", "bad/labels.h5")
    with h5py.File("bad/labels.h5", "a") as f:
        f["margins/label"][0] = 99
    subprocess.run([SEAL, "bad/unfinished.h5"], check=True)
    subprocess.run([SEAL, "--older", "bad/labels.h5"], check=True)
    done = run("figure", "all", "bad", code=3)
    for name in ("foreign", "damaged", "unfinished", "labels"):
        assert f"tailbit: left out: bad/{name}.h5" in done.stderr, (name, done.stderr)
    assert "unfinished, 6 of 6 epochs; resume it by: tailbit train --data shapes:20:10 --rho 5 --method ERM " in done.stderr, done
    assert done.stdout == "" and "tailbit: bad: holds no finished run, and 1 unfinished one: resume by the command above" in done.stderr
    os.remove("bad/unfinished.h5")
    done = run("figure", "all", "bad", code=3)
    assert len(done.stdout.splitlines()) == len(NAMES) and "nothing could be plotted" in done.stderr, done
    shutil.copy("runs/ERM-0.h5", "bad/good.h5")
    shutil.copy("runs/CB-RS-0.at-drop-paper.probe.h5", "bad/good.at-drop-paper.probe.h5")
    done = figure("all", "bad", "some")
    assert "is a probe of other bits" in done.stderr and "probe: no probe" in done.stdout, done
    assert "some/bound.csv" in [f"some/{n}" for n in os.listdir("some")]
    if os.getuid() != 0:
        os.chmod("some", 0o555)
        figure("classes", "bad", "some", code=4)


def main():
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        for method, count in SEEDS.items():
            for seed in range(count):
                train(f"runs/{method}-{seed}.h5", method, seed)
        train("runs/ERM-other.h5", "ERM", 1, "--lr", "0.05")
        for stem in ("ERM-0", "CB-RS-0", "CB-RS-1"):
            run("probe", f"runs/{stem}.h5")
        drawn = figure("all", "runs", "out")
        check_all_figures(drawn)
        check_same_bytes()
        check_filters(drawn.stdout.splitlines()[1].split("setting: ")[1])
        check_the_default()
        check_few_epochs()
        check_bad_input()
        check_without_gnuplot()
        if CAN_DRAW:
            check_the_script_alone()
            check_the_search_for_gnuplot()
            check_nothing_is_left_by_a_signal()
        os.chdir("/")
    if not CAN_DRAW:
        print("skipped: gnuplot is not installed; the data were right")
        sys.exit(77)


main()
