"""Makes the files beside it, which the tests of Archives read. Needs numpy and safetensors."""
import io
import os
import zipfile

import numpy as np

os.chdir(os.path.dirname(os.path.abspath(__file__)))
signed = np.arange(-3, 3).reshape(2, 3)
arrays = {
    **{t: signed.astype(t) for t in "float16 float32 float64 int8 int16 int32 int64".split()},
    **{t: np.arange(6).reshape(2, 3).astype(t) for t in "uint8 uint16 uint32 uint64".split()},
    "bool": np.array([True, False, True]),
    "text": np.array(["left_hip", "", "ä😀"]),
    "bytes": np.array([b"ab", b"c"]),
    "scalar": np.array(2.5),
    "empty": np.zeros((0, 4), "float32"),
    "fortran": np.asfortranarray(np.arange(24).reshape(2, 3, 4)),
}
np.savez("types.npz", **arrays)
np.savez_compressed("types-deflated.npz", **arrays)


def npy(array, version=None):
    buffer = io.BytesIO()
    np.lib.format.write_array(buffer, array, version=version)
    return buffer.getvalue()


# Python writes zip64 sizes only where they are needed, unless the limit is lowered.
zipfile.ZIP64_LIMIT = 0
with zipfile.ZipFile("types-zip64.npz", "w", zipfile.ZIP_STORED) as file:
    for name, array in arrays.items():
        file.writestr(zipfile.ZipInfo(name + ".npy"), npy(array))

np.savez(
    "refused.npz",
    big=np.array([1, 2], ">f4"),
    complex=np.array([1j], "complex64"),
    objects=np.array([None, {}], object),
    records=np.array([(1, 2.0)], [("a", "i4"), ("b", "f4")]),
    good=np.array([1, 2], "float32"),
)
for version in [1, 2, 3]:
    with open(f"version{version}.npy", "wb") as file:
        file.write(npy(signed.astype("float32"), (version, 0)))


class Pipe(io.BytesIO):
    """A stream that cannot go back: sizes then follow the entries, and local headers lack them."""

    def seekable(self):
        return False

    def tell(self):
        raise OSError


zipfile.ZIP64_LIMIT = (1 << 31) - 1
pipe = Pipe()
with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED) as file:
    for name, array in arrays.items():
        file.writestr(zipfile.ZipInfo(name + ".npy"), npy(array))
    file.comment = b"PK\x05\x06 is no end here"
with open("types-streamed.npz", "wb") as file:
    file.write(pipe.getvalue())

import safetensors.numpy

# (ascontiguousarray gives the scalar a dimension.)
numbers = {n: np.ascontiguousarray(a) for n, a in arrays.items() if a.dtype.kind not in "US"}
safetensors.numpy.save_file(numbers, "types.safetensors", metadata={"made_by": "make.py"})

# Dictionaries of arrays in every protocol of pickle, with a sparse matrix of a class that is only named so.
import pickle
import sys
import types


class csc_matrix:
    pass


csc_matrix.__module__ = "scipy.sparse._csc"
for module in ["scipy", "scipy.sparse", "scipy.sparse._csc"]:
    sys.modules[module] = types.ModuleType(module)
sys.modules["scipy.sparse._csc"].csc_matrix = csc_matrix
sparse = csc_matrix()
# [[0, 5, 0], [1, 0, 4]], the 4 in two parts.
sparse.__dict__ = {
    "_shape": (2, 3),
    "indptr": np.array([0, 1, 2, 4], "int32"),
    "indices": np.array([1, 0, 1, 1], "int32"),
    "data": np.array([1.0, 5.0, 3.0, 1.0]),
}
for protocol in range(6):
    with open(f"protocol{protocol}.pkl", "wb") as file:
        contents = {
            "matrix": signed.astype("float32"),
            "fortran": np.asfortranarray(np.arange(24).reshape(2, 3, 4)),
            "names": np.array(["left_hip", "ä😀"]),
            "sparse": sparse,
            "scalar": np.float64(2.5),
            "style": "lbs",
            "big": np.array([1, 2], ">f4"),
            "list": [1, -2, 1 << 40, 1 << 70, 2.5, True, None, (), {1: 2}, "é\n", b"\xff"],
        }
        pickle.dump(contents, file, protocol)

# A checkpoint as PyTorch Lightning writes it, with classes that nobody here has, one as a key and one as a value.
import collections


def foreign(name, base=object):
    """A class or a function of another package, which pickle only names."""
    module, _, last = name.rpartition(".")
    thing = type(last, (base,), {"__module__": module})
    parts = module.split(".")
    for i in range(len(parts)):
        parent = ".".join(parts[: i + 1])
        sys.modules.setdefault(parent, types.ModuleType(parent))
    setattr(sys.modules[module], last, thing)
    return thing


rebuild = foreign("torch._utils._rebuild_tensor_v2")
storage_class = foreign("torch.FloatStorage")
checkpoint_class = foreign("pytorch_lightning.callbacks.model_checkpoint.ModelCheckpoint")
options = foreign("yacs.config.CfgNode", dict)({"LR": 5e-5})
options.__dict__["__immutable__"] = True


class Storage:
    def __init__(self, key, values):
        self.key, self.values = key, values


class Tensor:
    def __init__(self, key, values):
        values = np.asarray(values, "float32")
        self.storage = Storage(str(key), values)

    def __reduce__(self):
        values = self.storage.values
        strides = tuple(s // 4 for s in values.strides)
        return rebuild, (self.storage, 0, values.shape, strides, False, collections.OrderedDict())


class Pickler(pickle._Pickler):
    def persistent_id(self, thing):
        if isinstance(thing, Storage):
            return ("storage", storage_class, thing.key, "cuda:0", thing.values.size)
        return None


def checkpoint(path, contents, tensors):
    buffer = io.BytesIO()
    Pickler(buffer, 2).dump(contents)
    with zipfile.ZipFile(path, "w") as file:
        file.writestr(zipfile.ZipInfo("archive/data.pkl"), buffer.getvalue())
        for storage in [tensor.storage for tensor in tensors]:
            file.writestr(zipfile.ZipInfo("archive/data/" + storage.key), storage.values.tobytes())
        file.writestr(zipfile.ZipInfo("archive/version"), "3\n")


weight, bias, moment = Tensor(0, [[1, 2], [3, 4]]), Tensor(1, [5, 6]), Tensor(2, [7])
lightning = {
    "epoch": 12,
    "pytorch-lightning_version": "1.1.8",
    "callbacks": {checkpoint_class: {"best_model_score": moment}},
    "hyper_parameters": options,
    "seen": {1, 2},
    "state_dict": collections.OrderedDict([("model.head.weight", weight), ("model.head.bias", bias)]),
}
checkpoint("lightning.ckpt", lightning, [weight, bias, moment])
checkpoint("whole_model.ckpt", {"model": foreign("spin.models.hmr.HMR")()}, [])
checkpoint("foreign_inside.ckpt", {"state_dict": {"weight": weight, "odd": options}}, [weight])

# A sequence of 3DPW: per person lists of arrays, as Python 2 pickled them.
walk = np.arange(3)[:, None] * 0.1 + np.linspace(-1, 1, 72)
points = np.zeros((2, 3, 3, 18))
points[:, :, :2] = np.random.RandomState(1).uniform(20, 60, (2, 3, 2, 18)).round()
points[:, :, 2] = [[0.9] * 9 + [0] * 9]
turned = np.eye(4)
turned[:3, :3] = [[0, 0, 1], [0, 1, 0], [-1, 0, 0]]
sequence = {
    "sequence": "downtown_bar_00",
    "genders": ["m", "f"],
    "poses": [walk, walk[::-1] / 2],
    "betas": [np.linspace(-1, 1, 10), np.linspace(1, -1, 300)],
    "poses2d": [points[0], points[1]],
    "cam_poses": np.array([np.eye(4), turned, turned]),
    "campose_valid": [np.array([1, 1, 0]), np.array([0, 1, 1])],
    "img_frame_ids": np.arange(3),
}
os.makedirs("sequences", exist_ok=True)
with open("sequences/downtown_bar_00.pkl", "wb") as file:
    pickle.dump(sequence, file, 2)

# A body of five vertices in the published layout of SMPL: chumpy's variables and a sparse regressor.
chumpy = foreign("chumpy.ch.Ch")


def variable(values):
    result = chumpy()
    result.__dict__ = {"x": np.asarray(values), "_dirty_vars": set(), "_itr": None}
    return result


random = np.random.RandomState(2)
regressor = csc_matrix()
regressor.__dict__ = {
    "format": "csc",
    "_shape": (24, 5),
    "maxprint": 50,
    "data": np.full(24, 1.0),
    "indices": np.arange(24, dtype="int32"),
    "indptr": np.array([0, 5, 10, 15, 20, 24], "int32"),
}
parents = [-1, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 9, 9, 12, 13, 14, 16, 17, 18, 19, 20, 21]
body = {
    "v_template": variable(random.uniform(-1, 1, (5, 3)).round(2)),
    "shapedirs": variable(random.uniform(-1, 1, (5, 3, 10)).round(2)),
    "posedirs": np.zeros((5, 3, 207), "float32"),
    "weights": np.eye(24)[[0, 4, 7, 15, 21]],
    "J_regressor": regressor,
    "kintree_table": np.array([np.array(parents, "int64").astype("uint32"), np.arange(24)], "uint32"),
    "f": np.array([[0, 1, 2], [2, 3, 4]], "uint32"),
    "bs_style": "lbs",
}
with open("body.pkl", "wb") as file:
    pickle.dump(body, file, 2)
