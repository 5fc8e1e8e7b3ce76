"""Reads what tailbit wrote: run files, one at a time or a folder of them, as NumPy arrays. Needs h5py and NumPy.

    import tailbit
    run = tailbit.load_run("runs/cifar10-long-tailed-100-LDAM-DRW-seed0.h5")
    run.config["method"], run.epochs["test_error"][-1], run.classes["class_error"], run.weights()
    pandas.DataFrame(tailbit.columns(tailbit.load_runs("runs/table2")))

docs/file-format.md says what every number is. Errors are fractions from 0 to 1, epochs and classes count from 0, NaN was not measured.
A run file is read while it is asked for; nothing is written, and no digest is checked: `tailbit info RUN.h5` does that.
"""
import glob
import os

import h5py

__all__ = ["Run", "columns", "load_run", "load_runs"]
SCHEMA = 1
MOMENTS = (".momentum", ".exp_avg", ".exp_avg_sq")  # of the optimiser; every other tensor is of the network


def _value(value):
    """An attribute as Python has it: text, number or bool."""
    return value.item() if hasattr(value, "item") else value


class Run:
    """A run file. Datasets by path, as NumPy arrays: run["margins/margin"]; what is often wanted has a name of its own."""

    def __init__(self, path):
        self.path = os.fspath(path)
        with h5py.File(self.path) as file:
            found, schema = file.attrs.get("format"), file.attrs.get("schema")
            if found != "tailbit-run" or schema != SCHEMA:
                raise ValueError(f"{self.path}: format {found!r}, schema {schema}; expected a run file of tailbit, schema {SCHEMA}")
            self.digest = file.attrs["digest"]
            #: every option that changes bits, by its YAML key
            self.config = {key: _value(value) for key, value in file["config"].attrs.items()}
            #: name, sha256 and verified of the data set
            self.data = {key: _value(value) for key, value in file["data"].attrs.items()}
            #: epochs that the configuration asks for, and those that are finished
            self.planned, self.done = int(file["epochs"].attrs["planned"]), len(file["epochs/lr"])
            self.finished = self.planned == self.done and "final" in file

    def __repr__(self):
        return f"<tailbit run {self.path}: {self.config['method']} on {self.data['name']}, {self.done} of {self.planned} epochs>"

    def __getitem__(self, path):
        with h5py.File(self.path) as file:
            item = file[path]
            return item.asstr()[()] if h5py.check_string_dtype(item.dtype) else item[...]

    def __contains__(self, path):
        with h5py.File(self.path) as file:
            return path in file

    def keys(self):
        """The paths of all datasets."""
        found = []
        with h5py.File(self.path) as file:
            file.visititems(lambda path, item: found.append(path) if isinstance(item, h5py.Dataset) else None)
        return found

    def _rows(self, group, count, left_out=()):
        """The datasets of a group that have one number for each of `count` rows."""
        with h5py.File(self.path) as file:
            items = {name: item[...] for name, item in file[group].items() if item.shape == (count,) and name not in left_out}
        return items

    @property
    def epochs(self):
        """Columns with a row for each finished epoch: epoch, lr, train_loss, train_error, test_error, ..., seconds."""
        return self._rows("epochs", self.done) | self._rows("timing", self.done)

    @property
    def classes(self):
        """Columns with a row for each class: class, class_counts, and where the run has them class_name, target, final_class_min and
        class_error."""
        K = len(self["split/class_counts"])
        wanted = ("split/class", "split/class_name", "split/class_counts", "margins/target", "margins/final_class_min", "final/class_error")
        return {path.split("/")[1]: self[path] for path in wanted if path in self and len(self[path]) == K}

    def final(self, which="last"):
        """The numbers of the last epoch, or of the best one ("best": that with the least test error, which looks at the test set)."""
        row = {"last": 0, "best": 1}[which]
        with h5py.File(self.path) as file:
            if "final" not in file:
                raise ValueError(f"{self.path}: {self.done} of {self.planned} epochs; only a finished run has final numbers")
            return {name: item[row].item() for name, item in file["final"].items() if item.shape == (2,) and name != "which"}

    def weights(self):
        """Parameters and batch-norm statistics by PyTorch's names: {k: torch.from_numpy(v) for k, v in run.weights().items()}."""
        with h5py.File(self.path) as file:
            names = [name for name in file["epochs/tensor_name"].asstr()[:] if not name.endswith(MOMENTS)]
            return {name: file["state"][name][...] for name in names}


def load_run(path):
    """The run of that file. OSError: it cannot be read; ValueError: it is something else."""
    return Run(path)


def load_runs(folder):
    """The runs of a folder and of those below it, sorted by path; other files are passed over."""
    runs = []
    for path in sorted(glob.glob(os.path.join(glob.escape(os.fspath(folder)), "**", "*.h5"), recursive=True)):
        try:
            runs.append(Run(path))
        except (OSError, ValueError, KeyError):
            continue
    return runs


def columns(runs, which="last"):
    """Columns with a row for each run: path, every option in which the runs differ, and the final numbers (None: not finished)."""
    keys = sorted({key for run in runs for key in run.config if key != "yaml"})
    differing = [key for key in keys if len({run.config.get(key) for run in runs}) > 1]
    rows = [{"path": run.path} | {key: run.config.get(key) for key in differing} | (run.final(which) if run.finished else {}) for run in runs]
    names = list(dict.fromkeys(name for row in rows for name in row))
    return {name: [row.get(name) for row in rows] for name in names}
