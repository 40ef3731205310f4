"""Makes the files beside it whose names are in it: the other forms that arrays are pickled in. Needs numpy 2, scipy, joblib,
torch and numcodecs; without the libraries' newest versions the bytes differ, not the numbers."""
import bz2
import gzip
import lzma
import os
import pickle
import sys
import types

import joblib
import numcodecs
import numpy as np
import scipy.sparse
import torch

os.chdir(os.path.dirname(os.path.abspath(__file__)))


def write(name, thing, protocol=2):
    with open(name, "wb") as file:
        pickle.dump(thing, file, protocol)


# Sparse matrices and arrays of every format, all of the same numbers but for the last three.
numbers = np.array([[0, 5.0, 0, 0], [1, 0, 4, 0]])
formats = "csc csr coo bsr dia lil dok".split()
sparse = {f"{f}_{k}": getattr(scipy.sparse, f"{f}_{k}")(numbers) for f in formats for k in ["matrix", "array"]}
sparse["blocks"] = scipy.sparse.bsr_matrix(np.kron(np.eye(2), [[1.0, 2], [3, 4]]), blocksize=(2, 2))
sparse["coo_vector"] = scipy.sparse.coo_array(np.array([0.0, 1, 0]))
sparse["csr_vector"] = scipy.sparse.csr_array(np.array([0.0, 1, 0]))
for protocol in [0, 2, 5]:
    write(f"sparse{protocol}.pkl", sparse, protocol)

# What annotation files and bodies hold beside plain arrays.
forms = {
    "img_name": np.array(["a.jpg", "bb.jpg"]),
    "objects": np.array(["a", "é😀", ""], object),
    "texts": ["x", "yé"],
    "fortran": np.asfortranarray(np.arange(6.0).reshape(2, 3)),
    "scalar": np.float64(3),
    "number": 7,
    "tensor": torch.arange(4.0).reshape(2, 2).T,
    "sparse": scipy.sparse.csc_matrix(np.eye(3)),
    "nested": {"a": np.arange(3), "b": {"c": [1, 2, 3.5]}},
    "rows": [{"k": np.arange(2), "name": "p"}, {"k": np.arange(2) + 5, "name": "q"}],
    "ragged": [np.zeros(2), np.zeros(3)],
    "people": [np.zeros((2, 2)), np.ones((2, 2))],
    "lists": [[1, 2], [3, 4]],
    "numbered": {1: {"pose": np.ones(2)}},
    "empty": np.zeros((0, 3)),
    "complex": np.array([1j]),
    "nothing": None,
}
write("forms.pkl", forms)
joblib.dump(forms, "forms.joblib")
for packing in ["zlib", "gzip", "bz2", "lzma", "xz"]:
    joblib.dump(forms, f"forms.joblib.{packing}", compress=(packing, 3))
packed = pickle.dumps(forms, 2)
open("forms.pkl.gz", "wb").write(gzip.compress(packed, mtime=0))
open("forms.pkl.bz2", "wb").write(bz2.compress(packed))
open("forms.pkl.xz", "wb").write(lzma.compress(packed))
open("forms.pkl.zst", "wb").write(numcodecs.zstd.compress(packed, 3))
np.save("forms.npy", forms)
np.savez("forms-only.npz", data=forms)
objects = np.empty(2, object)
objects[:] = [np.zeros(2), np.ones(2)]
np.savez_compressed("forms.npz", data=forms, plain=np.arange(3), matrix=sparse["csr_array"], arrays=objects,
                    bad=np.array([None, {}], object))
write("rows.pkl", [{"a": np.zeros(3), "b": "x", "c": 1.5}, {"a": np.ones(3), "b": "y", "c": 2.5}])

# chumpy's classes, which are only named so.
classes = {}
for module, names in {"chumpy.ch": ["Ch"], "chumpy.ch_ops": ["dot"], "chumpy.reordering": [
        "Select", "Reshape", "transpose", "swapaxes", "Concatenate", "AtleastNd", "Roll"]}.items():
    sys.modules[module] = types.ModuleType(module)
    for name in names:
        classes[name] = type(name, (), {"__module__": module})
        setattr(sys.modules[module], name, classes[name])
sys.modules["chumpy"] = types.ModuleType("chumpy")


def variable(kind, **state):
    it = classes[kind]()
    it.__dict__.update(state, _dirty_vars=set(), _itr=None)
    return it


whole = variable("Ch", x=np.arange(24.0).reshape(2, 3, 4))
write("chumpy.pkl", {
    "plain": whole,
    "select": variable("Select", a=whole, idxs=np.array([0, 5, -1, 23]), preferred_shape=(2, 2)),
    "flat": variable("Select", a=whole, idxs=np.array([3, 1])),
    "reshape": variable("Reshape", a=whole, newshape=(-1, 6)),
    "transpose": variable("transpose", a=whole, axes=None),
    "transpose_reshape": variable("Reshape", a=variable("transpose", a=whole, axes=(0, 2, 1)), newshape=(8, 3)),
    "swapaxes": variable("swapaxes", a=whole, axis1=0, axis2=-1),
    "concatenate": variable("Concatenate", dterms=["m0", "m1"], m0=whole, m1=np.ones((2, 1, 4)), axis=1),
    "atleast": variable("AtleastNd", x=np.arange(3), ndims=2),
    "dot": variable("dot", a=whole, b=whole),
    "roll": variable("Roll", a=whole, shift=1, axis=0),
})

# Tensors and arrays together, in both containers, and kinds of tensors that are not read.
mixed = {"weight": torch.eye(2), "init": np.arange(3.0), "scalar": np.float32(2),
         "wide": torch.arange(3).to(torch.uint16)}
odd = {"sparse": torch.eye(3).to_sparse(), "quantised": torch.quantize_per_tensor(torch.arange(4.0), 0.1, 0, torch.qint8)}
torch.save({"model": mixed | odd}, "mixed.pt")
torch.save(mixed, "mixed_legacy.pt", _use_new_zipfile_serialization=False)
torch.save({"odd": odd["sparse"]}, "sparse.pt")
torch.save(({"epoch": 3}, {"ema": {"w": torch.arange(6.0).reshape(2, 3)}}), "in_tuple.pt")

# Files that promise what they do not hold, or hold one thing very often. Packed, since some are long.
hostile = {}
chain = [1.0] * 100
for _ in range(6):
    chain = [chain] * 1000
hostile["shared_lists"] = {"a": chain, "good": np.arange(2)}
row = {f"k{i}": 1.0 for i in range(2000)}
hostile["shared_rows"] = [row] * 2000
hostile["shared_texts"] = {"a": ["x" * 4000] * 100_000, "good": np.arange(2)}
hostile["shared_tensors"] = {"a": [torch.zeros(100)] * 100}


class Storage:
    """A storage of its own for pickle, of bytes that all share."""

    whole = torch.zeros(20000).storage().__reduce__()[1][0]

    def __reduce__(self):
        return torch.storage._load_from_bytes, (Storage.whole,)


class Tensor:
    def __reduce__(self):
        return torch._utils._rebuild_tensor_v2, (Storage(), 0, (2,), (1,), False, {})


hostile["shared_storages"] = {f"t{i}": Tensor() for i in range(5000)}
cycle = variable("Ch")
cycle.x = cycle
hostile["cycle"] = {"a": cycle, "good": np.arange(2)}
ring = {}
ring["inner"] = ring
hostile["dictionary_in_itself"] = {"a": ring, "good": np.arange(2)}
doubling = {"a": 1.0}
for _ in range(40):
    doubling = {"l": doubling, "r": doubling}
hostile["doubling"] = {"a": doubling, "good": np.arange(2)}
hostile["select_outside"] = {"a": variable("Select", a=np.arange(3), idxs=np.array([3])), "good": np.arange(2)}
hostile["reshape_impossible"] = {"a": variable("Reshape", a=np.arange(3), newshape=(2, -1)), "good": np.arange(2)}
hostile["reshape_huge"] = {"a": variable("Reshape", a=np.arange(3), newshape=(2**62, 2**62)), "good": np.arange(2)}
hostile["axes_twice"] = {"a": variable("transpose", a=np.eye(3), axes=(0, 0)), "good": np.arange(2)}
hostile["terms_missing"] = {"a": variable("Concatenate", dterms=["m0", "m1"], m0=np.arange(3), axis=9), "good": np.arange(2)}


def altered(kind, **state):
    matrix = sparse[f"{kind}_matrix"].copy()
    matrix.__dict__.update(state)
    return {"a": matrix}


far = np.array([0, 1, 1000000], "int64")
hostile |= {
    "csc_starts": altered("csc", indptr=np.array([0, 3, 1, 3, 3])), "csr_outside": altered("csr", indices=far),
    "csr_negative": altered("csr", indices=np.array([0, -1, 1])), "coo_outside": altered("coo", coords=(far, far)),
    "coo_short": altered("coo", coords=(far[:1], far[:1])), "coo_flat": altered("coo", _shape=(8,)),
    "bsr_blocks": altered("bsr", data=np.zeros((3, 7, 0))), "bsr_high": altered("bsr", data=np.zeros((3, 2, 3))),
    "dia_twice": altered("dia", offsets=np.array([1, 1])), "dia_far": altered("dia", offsets=np.array([-(2**63), 1])),
    "lil_outside": altered("lil", rows=np.array([[9], [0, 2]], object)),
    "lil_rows": altered("lil", rows=np.array([[0]], object)),
    "huge": altered("csr", _shape=(2**40, 2**40)), "wide": altered("csc", _shape=(2, 2**31)),
    "negative": altered("csr", _shape=(-2, -4)), "no_shape": altered("csr", _shape=()),
    "recursive": {"a": []},
}
hostile["recursive"]["a"].append(hostile["recursive"]["a"])
os.makedirs("hostile", exist_ok=True)
for name, thing in hostile.items():
    open(f"hostile/{name}.pkl.gz", "wb").write(gzip.compress(pickle.dumps(thing, 4), mtime=0))

# 300 MB of zeros in a few bytes.
for name, packing in [("bomb.bz2", bz2.BZ2Compressor()), ("bomb.xz", lzma.LZMACompressor())]:
    with open(f"hostile/{name}", "wb") as file:
        for _ in range(300):
            file.write(packing.compress(bytes(1 << 20)))
        file.write(packing.flush())

# One ground truth in several containers.
truth = {"joints": "smpl24", "positions_m": np.arange(72).reshape(24, 3) / 10, "pose": np.zeros((24, 3)),
         "betas": [0.0] * 10, "camera": np.float32([0.9, 0, 0.1])}
write("truth.pkl", truth)
joblib.dump(truth, "truth.joblib", compress=3)
np.save("truth.npy", truth)
torch.save({k: torch.as_tensor(v) if isinstance(v, np.ndarray) else v for k, v in truth.items()}, "truth.pt")
