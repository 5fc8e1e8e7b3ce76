"""Reads what tailbit wrote: run files, one at a time or a folder of them, as NumPy arrays. Needs h5py and NumPy.

    import tailbit
    run = tailbit.load_run("runs/cifar10-long-tailed-100-LDAM-DRW-seed0.h5")
    run.config["method"], run.final()["error"], run.epochs["test_error"], run.classes["class_error"], run.weights()
    pandas.DataFrame(tailbit.columns(tailbit.load_runs("runs/table2")))

docs/file-format.md says what every number is. Errors are fractions from 0 to 1, epochs and classes count from 0, NaN was not measured.
A run file is read while it is asked for; nothing is written, and no digest is checked: `tailbit info RUN.h5` does that.
"""
import contextlib
import math
import os
import warnings

import h5py
import numpy

__all__ = ["Run", "columns", "load_run", "load_runs"]
SCHEMA = 1
MOMENTS = (".momentum", ".exp_avg", ".exp_avg_sq")  # of the optimiser; every other tensor is of the network
#: what /final has of examples and classes, and not once for each of its two epochs
OF_FINAL = ("label", "class_error", "confusion", "logits", "top_label", "top_logit", "own_logit", "rank", "pairs", "which")
#: what the first files of schema 1 do not have in /final, and what stands for it
LATER_FINAL = {"top5_error": math.nan, "worst_class_error": math.nan, "worst_class": -1, "geometric_mean_recall": math.nan, "calibration_error": math.nan}


def _value(value):
    """An attribute as Python has it: text, number or bool."""
    return value.item() if hasattr(value, "item") else value


def _paths(file, below="/"):
    """The paths of all datasets, and of all attributes of groups."""
    found = []

    def add(path, item):
        if isinstance(item, h5py.Dataset):
            found.append(path)
        else:
            found.extend(f"{path}/{name}".lstrip("/") for name in item.attrs)

    add(below.strip("/"), file[below])
    file[below].visititems(lambda path, item: add(f"{below.strip('/')}/{path}".lstrip("/"), item))
    return found


def _read(file, path):
    """A dataset, or an attribute of a group, as an array."""
    item = file.get(path or "/")
    if isinstance(item, h5py.Dataset):
        return item.asstr()[()] if h5py.check_string_dtype(item.dtype) else item[...]
    group, _, name = path.rpartition("/")
    above = file.get(group or "/")
    if not isinstance(above, h5py.Group) or not name or name not in above.attrs:
        what = "is a group" if isinstance(item, h5py.Group) else "does not exist"
        raise KeyError(f"{file.filename}: {path!r} {what}; keys() has the paths")
    return numpy.asarray(above.attrs[name])


def _rows(file, group):
    """The datasets of a group that have one number for each finished epoch."""
    return {name: item[...] for name, item in file[group].items() if item.ndim == 1 and name != "tensor_name"}


@contextlib.contextmanager
def _readable(path):
    """Makes an OSError with the path of what h5py says of a damaged file: KeyError, RuntimeError and others."""
    try:
        yield
    except (FileNotFoundError, ValueError):
        raise
    except Exception as error:
        raise OSError(f"{path}: cannot be read ({error})") from error


def _frame(columns):
    """A pandas.DataFrame of columns, if pandas is installed; else the columns."""
    try:
        import pandas
    except ImportError:
        return columns
    return pandas.DataFrame(columns)


class Run:
    """A run file. By path, as NumPy arrays, all that `tailbit export --npz` writes and /env and /timing: run["margins/margin"]. Features
    that lie in files beside it are among them. What is often wanted has a name of its own."""

    def __init__(self, path):
        self.path = os.fspath(path)
        self._path = os.path.abspath(self.path)  # a program may change its folder
        if os.path.exists(self._path) and not os.path.isfile(self._path):  # opening a FIFO would wait for ever
            raise ValueError(f"{self.path}: no regular file")
        with _readable(self.path), h5py.File(self._path) as file:
            found, schema = file.attrs.get("format"), file.attrs.get("schema")
            if found != "tailbit-run" or schema != SCHEMA:
                raise ValueError(f"{self.path}: format {found!r}, schema {schema}; expected a run file of tailbit, schema {SCHEMA}")
            self.digest = file.attrs["digest"]
            #: the options that change bits, by their YAML keys; one that is not there had its default
            self.config = {key: _value(value) for key, value in file["config"].attrs.items()}
            #: name, sha256 and verified of the data set
            self.data = {key: _value(value) for key, value in file["data"].attrs.items()}
            #: epochs that the configuration asks for, and those that are finished
            self.planned, self.done = int(file["epochs"].attrs["planned"]), len(file["epochs/lr"])
            self.finished = self.planned == self.done and "final" in file

    def __repr__(self):
        return f"<tailbit run {self.path}: {self.config['method']} on {self.data['name']}, {self.done} of {self.planned} epochs>"

    def _features_files(self, file):
        """The files beside the run file that have its features, where it has many classes: set -> path."""
        found = {}
        for which in ("at_drop", "at_end"):
            if f"features/{which}/digest" in file:
                digest = file[f"features/{which}/digest"].asstr()[0]
                found[which] = f"{self._path.removesuffix('.h5')}.{which.replace('_', '-')}-{digest[:12]}.features.h5"
        return found

    def __getitem__(self, path):
        path = path.strip("/")
        with h5py.File(self._path) as file:
            beside = self._features_files(file)
            if path in file or not beside or not path.startswith("features/"):
                return _read(file, path)
        there = [place for place in beside.values() if os.path.exists(place)]  # any of them has the labels
        with h5py.File(beside.get(path.split("/")[1], (there or list(beside.values()))[0])) as file:
            return _read(file, path)

    def __contains__(self, path):
        return path.strip("/") in self.keys()

    def __iter__(self):
        return iter(self.keys())

    def keys(self):
        """The paths of all datasets, and of all attributes of groups."""
        with h5py.File(self._path) as file:
            found, beside = _paths(file), self._features_files(file)
        for which, path in beside.items():
            if os.path.exists(path):
                with h5py.File(path) as file:
                    found += [*_paths(file, f"features/{which}"), "features/train_label", "features/test_label"]
        return list(dict.fromkeys(found))

    @property
    def epochs(self):
        """A row for each finished epoch: epoch, lr, train_loss, train_error, test_error, ..., seconds. A pandas.DataFrame if pandas is
        installed, else a dictionary of arrays. By epoch and class: run["epochs/test_class_error"] and others."""
        with h5py.File(self._path) as file:  # one look: a training that goes on replaces the file
            return _frame(_rows(file, "epochs") | _rows(file, "timing"))

    @property
    def classes(self):
        """A row for each class: class, class_counts, and where the run has them class_name, target, final_class_min and class_error.
        A pandas.DataFrame or a dictionary, as epochs."""
        K = len(self["split/class_counts"])
        wanted = ("split/class", "split/class_name", "split/class_counts", "margins/target", "margins/final_class_min", "final/class_error")
        paths = self.keys()
        return _frame({path.split("/")[1]: self[path] for path in wanted if path in paths and len(self[path]) == K})

    def final(self, which="last"):
        """The numbers of the last epoch, or of the best one ("best": that with the least test error, which looks at the test set). What a
        file of the first tailbit lacks is NaN, worst_class -1."""
        if which not in ("last", "best"):
            raise ValueError(f"which is {which!r}, expected 'last' or 'best'")
        row = int(which == "best")
        with h5py.File(self._path) as file:
            if "final" not in file:
                raise ValueError(f"{self.path}: {self.done} of {self.planned} epochs; only a finished run has final numbers")
            numbers = {name: item[row].item() for name, item in file["final"].items() if name not in OF_FINAL}
            return numbers | {name: nothing for name, nothing in LATER_FINAL.items() if name not in numbers}

    def weights(self):
        """Parameters and batch-norm statistics by PyTorch's names: {k: torch.from_numpy(v) for k, v in run.weights().items()}."""
        with h5py.File(self._path) as file:
            names = [name for name in file["epochs/tensor_name"].asstr()[:] if not name.endswith(MOMENTS)]
            return {name: file["state"][name][...] for name in names}


def load_run(path):
    """The run of that file. OSError: it is missing or damaged; ValueError: it is something else, as a folder (load_runs)."""
    return Run(path)


def _run_files(folder):
    """Files *.h5 in a folder and in those below it, sorted, and what could not be looked into: (path, reason). Links are followed; each
    file and each folder counts once."""
    found, seen, refused = {}, set(), []
    for place, folders, names in os.walk(folder, followlinks=True, onerror=lambda error: refused.append((error.filename, error.strerror))):
        real = os.path.realpath(place)
        if real in seen:
            folders.clear()
            continue
        seen.add(real)
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for path in (os.path.join(place, name) for name in sorted(names) if name.endswith(".h5") and not name.startswith(".")):
            if not path.endswith((".probe.h5", ".features.h5")):
                found.setdefault(os.path.realpath(path), path)
    return sorted(found.values()), refused


def load_runs(folder):
    """The runs of a folder and of those below it, sorted by path. OSError: there is no such folder. A warning names every file *.h5 that
    is left out, every folder below that cannot be read, and why; probes and files of features are no runs, and not named."""
    os.scandir(folder).close()
    runs = []
    paths, refused = _run_files(os.fspath(folder))
    for path in paths:
        try:
            runs.append(Run(path))
        except (OSError, ValueError) as error:
            refused.append((path, str(error).removeprefix(f"{path}: ")))
    for path, reason in sorted(refused):
        warnings.warn(f"left out: {path}: {reason}", stacklevel=2)
    return runs


def columns(runs, which="last"):
    """Columns with a row for each run: path, every option in which the runs differ, and the final numbers (None: not finished)."""
    runs = list(runs)
    keys = sorted({key for run in runs for key in run.config if key != "yaml"})
    differing = [key for key in keys if len({run.config.get(key) for run in runs}) > 1]
    rows = [{"path": run.path} | {key: run.config.get(key) for key in differing} | (run.final(which) if run.finished else {}) for run in runs]
    names = list(dict.fromkeys(name for row in rows for name in row))
    return {name: [row.get(name) for row in rows] for name in names}
