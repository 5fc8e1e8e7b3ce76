#!/usr/bin/env python3
"""A run file is read by h5py, h5ls, h5dump and h5diff without help, and its digest is what docs/file-format.md says.
Argument: the program make_sample."""
import ctypes
import ctypes.util
import os
import shutil
import subprocess
import sys
import tempfile

try:
    import h5py
    import numpy as np
except ImportError:
    print("skipped: h5py is not installed")
    sys.exit(77)


def check_h5py(path):
    with h5py.File(path, "r") as f:
        assert f.attrs["format"] == "tailbit-run" and isinstance(f.attrs["format"], str)
        assert f.attrs["schema"] == 1 and len(f.attrs["digest"]) == 32
        config = dict(f["config"].attrs)
        assert config == {"method": "LDAM-DRW", "rho": 100.5, "seed": 7, "augment": True, "epochs": 3}, config
        assert config["augment"].dtype == bool
        assert f["config/yaml"].asstr()[()].endswith("# é\n")
        assert f["data"].attrs["verified"].dtype == bool and not f["data"].attrs["verified"]
        assert f["env/start-0001"].attrs["cpu"] == "Intel Xeon"
        assert list(f["epochs/tensor_name"].asstr()) == ["conv1.weight", "layer1.0.bn1.running_mean", "momentum/conv1.weight"]
        assert list(f["final/which"].asstr()) == ["last", "best"] and list(f["final/epoch"]) == [2, 1]
        assert f["final/error"][0] == 0.375
        check_types(f)
        f.visititems(check_dataset)


def check_types(f):
    types = {
        "epochs/lr": "<f8", "epochs/test_class_error": "<f8", "epochs/tensor_digest": "<u8", "split/train_index": "<i8",
        "margins/margin": "<f4", "margins/label": "<i4", "final/logits": "<f4", "state/momentum/conv1.weight": "<f4",
    }  # fmt: skip
    for name, dtype in types.items():
        assert f[name].dtype == np.dtype(dtype), (name, f[name].dtype)
    error = f["epochs/test_class_error"]
    assert error.dims[0]["epoch"] == f["epochs/epoch"] and error.dims[1]["class"] == f["split/class"]
    assert f["features/at_end/train"].compression == "gzip" and not f["features/at_end/train"].shuffle
    assert f["state/conv1.weight"].shape == (2, 3, 3, 2)
    assert f["epochs/lr"][:].min() >= 0 and f["epochs/lr"][:].std() > 0


def check_dataset(name, item):
    if isinstance(item, h5py.Dataset):
        assert item.attrs["long_name"] and item.attrs["units"], name
        assert isinstance(item.attrs["units"], str), name
        assert item.ndim == 0 or item.fletcher32, name
        assert h5py.h5o.get_info(item.id).mtime == 0, name


def value_bytes(dtype, shape, value):
    """Type, rank, dims and elements of a dataset or an attribute, as the digest takes them."""
    if h5py.check_string_dtype(dtype):
        name, elements = "text", b"".join((t if isinstance(t, bytes) else t.encode()) + b"\0" for t in np.ravel(value))
    elif h5py.check_enum_dtype(dtype) or dtype == bool:
        name, elements = "bool", np.asarray(value).tobytes()
    else:
        name, elements = dtype.kind + str(8 * dtype.itemsize), np.asarray(value).tobytes()
    return name.encode() + b"\0" + np.array([len(shape), *shape], "<i8").tobytes() + elements


def object_bytes(path, item):
    data = path.encode() + b"\0"
    if isinstance(item, h5py.Dataset):
        data += value_bytes(item.dtype, item.shape, item[()])
    else:
        data += b"group\0"
    for name in sorted(item.attrs, key=str.encode):
        if name not in ("DIMENSION_LIST", "REFERENCE_LIST") and not (path == "" and name in ("creator", "digest", "check")):
            about = h5py.h5a.open(item.id, name.encode())
            data += name.encode() + b"\0" + value_bytes(about.dtype, about.shape, item.attrs[name])
    return data


def check_digest(path):
    """Computes the digest from its description."""
    library = ctypes.util.find_library("xxhash")
    if not library:
        print("the digest is not checked: libxxhash is not installed")
        return
    with h5py.File(path, "r") as f:
        paths = [""]
        f.visit(paths.append)
        paths = [p for p in sorted(paths, key=str.encode) if p.split("/")[0] not in ("env", "timing")]
        data = b"".join(object_bytes(p, f[p or "/"]) for p in paths)
        expected = f.attrs["digest"]

    class Hash128(ctypes.Structure):
        _fields_ = [("low", ctypes.c_uint64), ("high", ctypes.c_uint64)]

    xxh3 = ctypes.CDLL(library).XXH3_128bits
    xxh3.restype, xxh3.argtypes = Hash128, [ctypes.c_char_p, ctypes.c_size_t]
    found = xxh3(data, len(data))
    assert f"{found.high:016x}{found.low:016x}" == expected, expected


def check_tools(path, other):
    for command in (["h5ls", "-r", path], ["h5dump", "-A", path], ["h5diff", path, other], ["h5stat", path]):
        if shutil.which(command[0]):
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            assert done.returncode == 0 and not done.stderr, (command, done)
            if command[0] == "h5ls":
                assert "/epochs/test_class_error" in done.stdout, done.stdout


def main():
    with tempfile.TemporaryDirectory() as folder:
        path, other = os.path.join(folder, "a.h5"), os.path.join(folder, "b.h5")
        for name in (path, other):
            subprocess.run([sys.argv[1], name], check=True)
        check_h5py(path)
        check_digest(path)
        check_tools(path, other)


main()
