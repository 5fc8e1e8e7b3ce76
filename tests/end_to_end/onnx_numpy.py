"""Reads ONNX files and runs them in NumPy: the field numbers of onnx.proto and the operators' definitions (onnx.ai), and no
more of either than tailbit writes. In double precision, so that what differs is the writer's fault."""
import struct

import numpy as np

TYPES = {1: "<f4", 6: "<i4", 7: "<i8"}


def varint(data, at):
    value = shift = 0
    while True:
        byte = data[at]
        value |= (byte & 127) << shift
        at, shift = at + 1, shift + 7
        if byte < 128:
            return value, at


def fields(data):
    """Field number -> its values: bytes, or for numbers int."""
    found, at = {}, 0
    while at < len(data):
        tag, at = varint(data, at)
        number, wire = tag >> 3, tag & 7
        if wire == 0:
            value, at = varint(data, at)
            value -= (value >> 63) << 64
        elif wire == 5:
            value, at = data[at : at + 4], at + 4
        else:
            assert wire == 2, (number, wire)
            length, at = varint(data, at)
            value, at = data[at : at + length], at + length
            assert len(value) == length
        found.setdefault(number, []).append(value)
    return found


def tensor(data):
    f = fields(data)
    array = np.frombuffer(f[9][0], TYPES[f[2][0]]).reshape(f.get(1, []))
    return f[8][0].decode(), array


def attribute(data):
    f = fields(data)
    kind = f[20][0]
    value = {1: lambda: struct.unpack("<f", f[2][0])[0], 2: lambda: f[3][0], 3: lambda: f[4][0].decode(), 7: lambda: f[8]}[kind]()
    return f[1][0].decode(), value


def shape_of(value_info):
    """Name, element type, dims of an input or output; a free dimension is its name."""
    f = fields(value_info)
    of = fields(fields(f[2][0])[1][0])
    dims = [d[1][0] if 1 in d else d[2][0].decode() for d in map(fields, fields(of[2][0])[1])]
    return f[1][0].decode(), of[1][0], dims


class Model:
    def __init__(self, path):
        with open(path, "rb") as file:
            model = fields(file.read())
        graph = fields(model[7][0])
        self.ir, self.opset = model[1][0], fields(model[8][0])[2][0]
        self.metadata = {e[1][0].decode(): e[2][0].decode() for e in map(fields, model[14])}
        self.tensors = dict(map(tensor, graph[5]))
        self.inputs, self.outputs = ([shape_of(v) for v in graph[n]] for n in (11, 12))
        self.nodes = []
        for node in map(fields, graph[1]):
            names = [[name.decode() for name in node.get(n, [])] for n in (1, 2)]
            self.nodes.append((node[4][0].decode(), *names, dict(map(attribute, node.get(5, [])))))

    def run(self, inputs):
        """Name -> array of every output."""
        values = {name: t.astype(np.float64) if t.dtype == np.float32 else t for name, t in self.tensors.items()}
        values |= inputs
        for op, takes, gives, attributes in self.nodes:
            results = OPERATORS[op](*[values[name] if name else None for name in takes], **attributes)
            results = results if isinstance(results, tuple) else (results,)
            values |= {name: result for name, result in zip(gives, results) if name}
        return {name: values[name] for name, _, _ in self.outputs}


def conv(x, w, kernel_shape, pads, strides):
    (kh, kw), (sh, sw) = kernel_shape, strides
    x = np.pad(x, ((0, 0), (0, 0), (pads[0], pads[2]), (pads[1], pads[3])))
    windows = np.lib.stride_tricks.sliding_window_view(x, (kh, kw), (2, 3))[:, :, ::sh, ::sw]
    return np.einsum("nchwij,ocij->nohw", windows, w, optimize=True)


def max_pool(x, kernel_shape, pads, strides):
    (kh, kw), (sh, sw) = kernel_shape, strides
    x = np.pad(x, ((0, 0), (0, 0), (pads[0], pads[2]), (pads[1], pads[3])), constant_values=-np.inf)
    return np.lib.stride_tricks.sliding_window_view(x, (kh, kw), (2, 3))[:, :, ::sh, ::sw].max((4, 5))


def batch_normalization(x, scale, bias, mean, var, epsilon):
    scale, bias, mean, var = (v.reshape(-1, 1, 1) for v in (scale, bias, mean, var))
    return scale * (x - mean) / np.sqrt(var + epsilon) + bias


def slices(x, starts, ends, axes, steps):
    cut = [slice(None)] * x.ndim
    for axis, *parts in zip(axes, starts, ends, steps):
        cut[axis] = slice(*map(int, parts))
    return x[tuple(cut)]


def gemm(a, b, c=0.0, transB=0):
    return a @ (b.T if transB else b) + c


def sigmoid(a):
    return 1 / (1 + np.exp(-a))


def lstm(x, w, r, b, lengths, direction, hidden_size):
    """Y (T, 2, N, H) and Y_h (2, N, H); gates in the order i, o, f, c; the second direction begins at each text's end."""
    assert direction == "bidirectional"
    (T, N, _), H = x.shape, hidden_size
    y, last = np.zeros((T, 2, N, H)), np.zeros((2, N, H))
    for d in range(2):
        bias = b[d, : 4 * H] + b[d, 4 * H :]
        for n in range(N):
            h = c = np.zeros(H)
            for t in range(lengths[n]) if d == 0 else reversed(range(lengths[n])):
                i, o, f, g = (w[d] @ x[t, n] + r[d] @ h + bias).reshape(4, H)
                c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
                y[t, d, n] = h = sigmoid(o) * np.tanh(c)
            last[d, n] = h
    return y, last


OPERATORS = {
    "Add": np.add,
    "BatchNormalization": batch_normalization,
    "Cast": lambda x, to: x.astype(TYPES[to]),
    "Conv": conv,
    "Div": np.divide,
    "Flatten": lambda x: x.reshape(len(x), -1),
    "Gather": lambda x, indices: x[indices],
    "Gemm": gemm,
    "GlobalAveragePool": lambda x: x.mean((2, 3), keepdims=True),
    "Greater": np.greater,
    "LSTM": lstm,
    "Max": np.maximum,
    "MaxPool": max_pool,
    "Pad": lambda x, pads: np.pad(x, list(zip(pads[: x.ndim], pads[x.ndim :]))),
    "ReduceL2": lambda x, axes, keepdims: np.sqrt((x * x).sum(tuple(axes), keepdims=bool(keepdims))),
    "ReduceSum": lambda x, axes, keepdims: x.sum(tuple(axes), keepdims=bool(keepdims)),
    "Relu": lambda x: np.maximum(x, 0),
    "Reshape": lambda x, shape: x.reshape([x.shape[d] if n == 0 else n for d, n in enumerate(shape)]),
    "Slice": slices,
    "Sub": np.subtract,
    "Transpose": lambda x, perm: x.transpose(perm),
}
