"""Tests of penumbra_worker, with numpy alone; those of torch, jax and xarray are skipped where these are missing.

    cd Python && python -m unittest discover tests
"""
import contextlib
import importlib.util
import io
import json
import os
import struct
import subprocess
import sys
import tempfile
import textwrap
import threading
import unittest
import zlib
from unittest import mock

import numpy as np

with contextlib.suppress(ImportError):
    import torch
import penumbra_worker as pw

HERE = os.path.dirname(os.path.abspath(__file__))
MEAN, SPREAD = np.array([123.675, 116.28, 103.53]), np.array([58.395, 57.12, 57.375])


def has(library):
    return importlib.util.find_spec(library) is not None


def photo(height=64, width=64, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)


def normal(picture, box=None):
    """A whole picture as a network's input, [3, h, w] float32."""
    return ((picture - MEAN) / SPREAD).transpose(2, 0, 1).astype(np.float32)


def mean_joints(inputs, state=None):
    """One joint a row, which depends on every pixel."""
    numbers = pw.to_numpy(inputs).astype(np.float64)
    weights = np.linspace(-1, 1, numbers[0].size)
    return {"joints": np.repeat((numbers.reshape(len(numbers), -1) @ weights)[:, None, None], 3, 2) / 1000}


class Client:
    """Penumbra's side, with the worker in a thread of this process."""

    def __init__(self, prepare=normal, predict=mean_joints, **options):
        options = {"name": "test", "joints": ["a"], "batch": 4, **options}
        self.errors = io.StringIO()
        (their_in, our_out), (our_in, their_out) = os.pipe(), os.pipe()
        self.incoming, self.outgoing = os.fdopen(our_in, "rb"), os.fdopen(our_out, "wb", buffering=0)
        self.worker = pw.Worker(prepare, predict, **options)

        def run():
            with os.fdopen(their_in, "rb") as incoming, os.fdopen(their_out, "wb", buffering=0) as outgoing:
                try:
                    self.worker.run(incoming, outgoing)
                except pw.Damaged as error:
                    self.damage = error

        self.damage, self.thread = None, threading.Thread(target=run, daemon=True)
        self.redirect = contextlib.redirect_stderr(self.errors)
        self.redirect.__enter__()
        self.thread.start()
        self.hello = self.hear("hello")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.outgoing.close()
        self.thread.join(20)
        self.incoming.close()
        self.redirect.__exit__(None, None, None)

    def say(self, say, arrays=None, **texts):
        self.outgoing.write(pw.encode(say, arrays, **texts))

    def hear(self, say):
        message = pw.decode(self.incoming)
        assert message is not None and message[0] == say, message
        return message[1:]

    def open(self, picture, box=None, filler=None, id="p", expect="opened"):
        filler = np.array([[[10, 20, 30]]], np.uint8) if filler is None else filler
        box = {} if box is None else {"box": np.array(box, np.float32)}
        self.say("open", {"picture": picture, "filler": filler, **box}, id=id)
        return self.hear(expect)

    def ask(self, windows, number=0, id="p", **more):
        want = more.pop("want", [])
        self.say("ask", {"windows": np.array(windows, np.int32).reshape(-1, 4), **more}, id=id, number=number,
                 want=json.dumps(want))

    def joints(self, windows, **more):
        self.ask(windows, **more)
        return self.hear("told")[1]["joints"]

    @property
    def canvas(self):
        return self.worker.opened["p"].canvas


def expected(clean, filler, windows):
    """What the network predicts, each row by itself and with an input of its own."""
    rows = np.repeat(clean[None], len(windows), 0)
    for row, (y0, x0, y1, x1) in zip(rows, windows):
        row[..., y0:y1, x0:x1] = filler[..., y0:y1, x0:x1]
    return mean_joints(rows)["joints"].astype(np.float32)


def grid(size=64, side=20, step=9):
    return [(y, x, y + side, x + side) for y in range(0, size - side, step) for x in range(0, size - side, step)]


class Messages(unittest.TestCase):
    def test_every_type_comes_back(self):
        arrays = {"a": np.arange(6, dtype=np.uint8).reshape(2, 3), "b": np.float32([1.5]), "c": np.float64([[2.5]]),
                  "d": np.float16([3.5]), "e": np.int32([-4]), "f": np.int64([5]), "g": np.zeros((0, 4), np.int32)}
        say, texts, back = pw.decode(io.BytesIO(pw.encode("told", arrays, id="x", number=3, gone=None)))
        self.assertEqual((say, texts), ("told", {"say": "told", "id": "x", "number": "3"}))
        for name, array in arrays.items():
            np.testing.assert_array_equal(back[name], array)
            self.assertEqual(back[name].dtype, array.dtype)

    def test_layout_of_a_message(self):
        blob = pw.encode("ask", {"windows": np.array([[1, 2, 3, 4]], np.int32)}, id="7")
        (length,) = struct.unpack("<Q", blob[:8])
        header = json.loads(blob[8:8 + length])
        self.assertEqual(header["windows"], {"dtype": "I32", "shape": [1, 4], "data_offsets": [0, 16]})
        self.assertEqual(header["__metadata__"], {"say": "ask", "id": "7"})
        self.assertEqual(blob[8 + length:], struct.pack("<4i", 1, 2, 3, 4))

    def test_messages_follow_one_another_and_end(self):
        stream = io.BytesIO(pw.encode("a", {"x": np.float32([1])}) + pw.encode("b"))
        self.assertEqual([pw.decode(stream)[0], pw.decode(stream)[0], pw.decode(stream)], ["a", "b", None])

    @staticmethod
    def blob(header, data=b""):
        text = header if isinstance(header, bytes) else json.dumps(header).encode()
        return struct.pack("<Q", len(text)) + text + data

    def test_bfloat16_and_unknown_types(self):
        entry = {"dtype": "BF16", "shape": [2], "data_offsets": [0, 4]}
        other = {"dtype": "F8_E4M3", "shape": [3], "data_offsets": [4, 7]}
        blob = self.blob({"x": entry, "y": other}, struct.pack("<2H", 0x3FC0, 0xC000) + b"abc")
        _, _, arrays = pw.decode(io.BytesIO(blob))
        np.testing.assert_array_equal(arrays["x"], np.float32([1.5, -2]))
        self.assertEqual(list(arrays), ["x"])

    def test_damage_is_one_clear_error(self):
        good = {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}
        for header in (b"\xff\xff", b"[]", b"{", b"[" * 5000, b"7", {"__metadata__": []}, {"__metadata__": {"say": 3}},
                       {"x": 3}, {"x": {}}, {"x": {**good, "data_offsets": [0]}}, {"x": {**good, "shape": [-1]}},
                       {"x": {**good, "shape": [True]}}, {"x": {**good, "shape": [1.0]}}, {"x": {**good, "shape": [2]}},
                       {"x": {**good, "data_offsets": [4, 8]}}, {"x": {**good, "data_offsets": [4, 0]}},
                       {"x": {**good, "shape": [1] * 200}},
                       {"x": {**good, "shape": [0, 10**40], "data_offsets": [0, 0]}},
                       {"x": good, "y": good}, {"x": {**good, "shape": [1 << 29], "data_offsets": [0, 1 << 31]}},
                       {"x": {**good, "dtype": 5}}, {"x": {**good, "dtype": ["F32"]}}):
            with self.subTest(header=str(header)[:60]), self.assertRaises(pw.Damaged):
                pw.decode(io.BytesIO(self.blob(header, bytes(8))))
        for length in (0, 1, pw.MOST_HEADER + 1, 1 << 63):
            with self.assertRaises(pw.Damaged):
                pw.decode(io.BytesIO(struct.pack("<Q", length) + b"{}"))

    def test_truncations_and_flips_never_do_worse(self):
        blob = pw.encode("ask", {"windows": np.zeros((3, 4), np.int32)}, id="7", number=1)
        for end in range(1, len(blob)):
            with self.assertRaises(pw.Damaged):
                pw.decode(io.BytesIO(blob[:end]))
        for at in range(len(blob)):
            for bit in range(8):
                flipped = bytearray(blob)
                flipped[at] ^= 1 << bit
                with contextlib.suppress(pw.Damaged):
                    pw.decode(io.BytesIO(bytes(flipped)))

    def test_hello(self):
        with Client(body=None, joints=["l", "r"], root="l", gives=["camera"], batch=7, precision="bfloat16") as client:
            texts, arrays = client.hello
        self.assertEqual((texts["protocol"], texts["name"], texts["batch"]), ("penumbra-worker/1", "test", "7"))
        self.assertEqual((json.loads(texts["joints"]), texts["root"]), (["l", "r"], "l"))
        self.assertEqual((json.loads(texts["gives"]), texts["precision"]), (["camera"], "bfloat16"))
        self.assertTrue(texts["fingerprint"])
        self.assertNotIn("body", texts)
        self.assertNotIn("device", texts)
        self.assertFalse(arrays)

    def test_declarations_that_make_no_sense(self):
        for options in ({}, {"body": "smpl", "joints": ["a"]}, {"body": "smplx"}, {"joints": ["a"], "gives": ["depth"]},
                        {"joints": ["a"], "batch": 0}, {"joints": ["a", "b"], "root": "c"}):
            with self.subTest(**options), self.assertRaises(ValueError):
                pw.Worker(normal, mean_joints, name="x", **options)


class Opening(unittest.TestCase):
    def test_opened(self):
        with Client(active=(0, 8, 64, 56), step=2) as client:
            texts, arrays = client.open(photo())
        self.assertEqual((json.loads(texts["size"]), json.loads(texts["active"]), texts["step"], texts["id"]),
                         ([64, 64], [0, 8, 64, 56], "2", "p"))
        self.assertEqual((arrays["shown"].shape, arrays["shown"].dtype), ((64, 64, 3), np.uint8))
        np.testing.assert_array_equal(arrays["to_picture"], np.eye(2, 3))
        self.assertGreaterEqual(float(texts["seconds"]), 0)

    def test_prepare_gets_a_picture_of_its_own_and_the_box(self):
        got = []

        def prepare(picture, box):
            got.append(box)
            picture[:] = picture // 2 + 1  # in place
            return picture.astype(np.float32), {"box": box}, np.eye(2, 3)

        def predict(inputs, state):
            self.assertEqual(state, {"box": (1.0, 2.0, 30.0, 40.0)})
            return mean_joints(inputs)

        with Client(prepare, predict) as client:
            client.open(photo(), box=(1, 2, 30, 40))
            client.joints([[0, 0, 0, 0]])
        self.assertEqual(got, [(1.0, 2.0, 30.0, 40.0)] * 2)

    def test_fillers_of_real_colours_are_exact_for_affine_normalisations(self):
        scale = np.array([[0.5, 0.2, -0.1], [0.1, 0.7, 0.3], [-0.2, 0.1, 0.4]])  # channels mixed, too
        affine = lambda picture, box=None: (picture @ scale + [3, -1, 2]).transpose(2, 0, 1)  # float64
        look = pw._Preparer(lambda picture, box: affine(picture.astype(float)), None)
        look(photo(8, 9))
        for colour in (MEAN, [0, 255, 254.5], [12, 13, 14], [0.25, 0, 0], [255, 255, 255]):
            filler = np.array(colour, float).reshape(1, 1, 3)
            got, want = look.filler(filler, (8, 9, 3)), affine(np.broadcast_to(filler, (8, 9, 3)))
            np.testing.assert_allclose(got, want, atol=1e-11)
        texture = np.random.default_rng(1).random((8, 9, 3)) * 255
        np.testing.assert_allclose(look.filler(texture, (8, 9, 3)), affine(texture), atol=1 / 400)
        np.testing.assert_allclose(look.filler(np.rint(texture), (8, 9, 3)), affine(np.rint(texture)), atol=1e-11)

    def test_imagenet_mean_is_zero_after_normalisation(self):
        with Client() as client:
            client.open(photo(), filler=MEAN.astype(np.float32).reshape(1, 1, 3))
            self.assertLess(np.abs(client.canvas.filler).max(), 3e-7)

    def test_whole_number_inputs_get_the_nearest_colour(self):
        look = pw._Preparer(lambda picture, box: picture, None)
        look(photo(4, 4))
        filler = look.filler(MEAN.reshape(1, 1, 3), (4, 4, 3))
        self.assertEqual((filler[0, 0].tolist(), filler.dtype), ([124, 116, 104], np.uint8))

    def test_what_cannot_be_opened(self):
        picture, gray = photo(), np.zeros((1, 1, 3), np.uint8)
        with Client() as client:
            for arrays in ({"filler": gray}, {"picture": picture}, {"picture": picture, "filler": gray[0]},
                           {"picture": picture.astype(np.float32), "filler": gray},
                           {"picture": picture[:0], "filler": gray},
                           {"picture": picture, "filler": np.float32([[[0, np.nan, 0]]])},
                           {"picture": picture, "filler": gray, "box": np.zeros(3, np.float32)},
                           {"picture": picture, "filler": gray, "box": np.float32([0, 0, np.inf, 1])}):
                client.say("open", arrays, id="q")
                texts, _ = client.hear("failed")
                self.assertEqual((texts["kind"], texts["id"]), ("input", "q"))
            client.open(picture)

    def test_what_prepare_may_not_give(self):
        def varying(picture, box):
            return np.zeros((3, 8, 8 + (picture[0, 0, 0] == 10)), np.float32)

        for prepare, words in ((lambda p, b: {"img": p}, "dict"), (lambda p, b: p[:, :, 0], r"\[64, 64\]"),
                               (lambda p, b: np.zeros((2, 3, 8, 8)), r"\[2, 3, 8, 8\]"),
                               (lambda p, b: np.zeros((30, 40, 50)), "channels"), (varying, "same box"),
                               (lambda p, b: (p, None, None, None), "4 things"),
                               (lambda p, b: (p, None, np.eye(3)), "to_picture"),
                               (lambda p, b: normal(p) * np.nan, "NaN"), (lambda p, b: None, "NoneType")):
            with self.subTest(words=words), Client(prepare) as client:
                texts, _ = client.open(np.zeros((64, 64, 3), np.uint8), expect="failed")
                self.assertEqual(texts["kind"], "internal")
                self.assertRegex(texts["text"], words)

    def test_layouts(self):
        picture, windows = photo(40, 56), [(1, 2, 30, 50), (0, 0, 0, 0), (39, 55, 40, 56)]
        first = normal(picture)
        filler = normal(np.broadcast_to(np.uint8([10, 20, 30]), picture.shape))
        for name, change, shape in (("chw", lambda a: a, (4, 3, 40, 56)),
                                    ("hwc", lambda a: a.transpose(1, 2, 0), (4, 40, 56, 3)),
                                    ("1chw", lambda a: a[None], (4, 3, 40, 56)),
                                    ("1hwc", lambda a: a.transpose(1, 2, 0)[None], (4, 40, 56, 3)),
                                    ("11chw", lambda a: a[None, None], (4, 1, 3, 40, 56)),
                                    ("1 channel", lambda a: a[:1], (4, 1, 40, 56))):
            def predict(inputs, state):
                self.assertEqual(inputs.shape, shape)
                if "hwc" in name:
                    inputs = inputs.transpose(0, 3, 1, 2)
                return mean_joints(inputs)

            with self.subTest(name), Client(lambda p, b: (change(normal(p)), None, np.eye(2, 3)), predict) as client:
                texts, _ = client.open(picture)
                self.assertEqual(json.loads(texts["size"]), [40, 56])
                keep = slice(0, 1) if name == "1 channel" else slice(None)
                want = expected(first[keep], filler[keep], windows)
                np.testing.assert_allclose(client.joints(windows), want, rtol=1e-6)


def crop(picture, x0, y0, x1, y1, height, width, gamma=1.0):
    """Cuts a rectangle out and scales it by areas, black outside; [h, w, 3] in 0 to 1."""
    def matrix(low, high, count, length):
        edges = low + (high - low) * np.arange(count + 1) / count
        pixels = np.arange(length)
        shares = np.minimum(edges[1:, None], pixels + 1) - np.maximum(edges[:-1, None], pixels)
        return np.clip(shares, 0, None) / (edges[1:] - edges[:-1])[:, None]

    rows, columns = matrix(y0, y1, height, picture.shape[0]), matrix(x0, x1, width, picture.shape[1])
    return (columns @ np.tensordot(rows, picture / 255.0, 1)) ** gamma


class ToPicture(unittest.TestCase):
    def found(self, prepare, picture, box, size):
        """[2, 3] by the worker, through its messages."""
        with Client(prepare) as client:
            texts, arrays = client.open(picture, box=box)
            self.assertEqual(json.loads(texts["size"]), list(size))
            return arrays.get("to_picture"), client.errors.getvalue()

    def check(self, corners, size, shape=(300, 400), box=(120, 60, 100, 180), within=0.02, **options):
        calls = []

        def prepare(picture, box):
            calls.append(1)
            seen = crop(picture, *corners, *size, **options)[:, :, ::-1]
            return ((seen - 0.45) / 0.22).transpose(2, 0, 1).astype(np.float32)

        got, _ = self.found(prepare, photo(*shape), box, size)
        x0, y0, x1, y1 = corners
        want = np.array([[(x1 - x0) / size[1], 0, x0], [0, (y1 - y0) / size[0], y0]])
        # Where the input's corners are, in pixels of the input.
        ends = np.array([[0, 0, 1], [size[1], size[0], 1]])
        off = np.abs((got @ ends.T - want @ ends.T) / [[want[0, 0]], [want[1, 1]]]).max()
        self.assertLess(off, within)
        self.assertLess(len(calls), 15)
        return got, want

    def test_square_around_the_box(self):
        got, want = self.check((80, 60, 260, 240), (64, 64))
        np.testing.assert_array_equal(got, want)

    def test_fractions_and_enlarging(self):
        self.check((111.37, 40.81, 240.93, 251.13), (256, 192))
        self.check((118, 55, 224, 245), (224, 224), gamma=2.2)
        self.check((118.3, 55.2, 224.7, 245.9), (224, 96), gamma=0.45)

    def test_outside_the_picture(self):
        self.check((-70.5, -40, 200, 230.5), (96, 96), box=(-20, 0, 150, 200))
        got, want = self.check((0, -50, 400, 350), (64, 64), box=None)
        np.testing.assert_array_equal(got, want)

    def test_whole_picture_and_box_ignored(self):
        got, want = self.check((0, 0, 400, 300), (96, 128), box=(180, 140, 40, 60))
        np.testing.assert_array_equal(got, want)
        got, want = self.check((0, 0, 400, 300), (300, 400), box=(180, 140, 40, 60))
        np.testing.assert_array_equal(got, want)

    def test_middle_of_the_picture_without_box(self):
        self.check((100, 50, 300, 250), (64, 64), box=None)

    def test_every_third_pixel(self):
        prepare = lambda picture, box: picture[30:270:3, 60:300:3].astype(np.float32)
        got, _ = self.found(prepare, photo(300, 400), (120, 60, 100, 180), (80, 80))
        # The pixel taken stands for three, of which it is the first.
        np.testing.assert_allclose(got @ [[0, 80], [0, 80], [1, 1]], [[59, 299], [29, 269]], atol=0.7)

    def test_same_pixels_are_the_picture(self):
        calls = []
        got, _ = self.found(lambda p, b: calls.append(1) or p, photo(30, 40), (3, 4, 20, 20), (30, 40))
        np.testing.assert_array_equal(got, np.eye(2, 3))
        self.assertEqual(len(calls), 2)

    def test_no_crop_is_left_out(self):
        turned = lambda p, b: np.rot90(p).astype(np.float32)
        mirrored = lambda p, b: p[:, ::-1].astype(np.float32)
        slanted = lambda p, b: np.stack([np.roll(row, y // 5, 0) for y, row in enumerate(p)]).astype(np.float32)
        for prepare in (turned, mirrored, slanted, lambda p, b: np.zeros((3, 64, 64), np.float32),
                        lambda p, b: normal(np.random.default_rng().integers(0, 256, p.shape))):
            got, errors = self.found(prepare, photo(64, 64), (8, 8, 48, 48), (64, 64))
            self.assertIsNone(got)
            self.assertEqual(errors.count("could not be found"), 1)

    def test_prepare_may_give_it_and_may_fail_on_spots(self):
        given = np.array([[2, 0, 5.25], [0, 3, -1]])
        got, _ = self.found(lambda p, b: (normal(p), None, given), photo(), None, (64, 64))
        np.testing.assert_array_equal(got, given)

        def nervous(picture, box):
            if picture.max() == 0:
                raise RuntimeError("nobody here")
            return normal(picture)

        got, errors = self.found(nervous, photo(), None, (64, 64))
        self.assertIsNone(got)
        self.assertIn("nobody here", errors)


class Predicting(unittest.TestCase):
    picture = photo()
    clean = normal(picture)
    filler = normal(np.broadcast_to(np.uint8([10, 20, 30]), picture.shape))

    def test_windows_in_order_with_batches_padded_and_buffers_restored(self):
        sizes, rows = [], []

        def predict(inputs, state):
            sizes.append(len(inputs))
            rows.append(inputs.copy())
            return mean_joints(inputs)

        windows = grid() + [(0, 0, 0, 0), (0, 0, 64, 64), (5, 5, 5, 30)]
        with Client(predict=predict) as client:
            client.open(self.picture)
            client.ask(windows, number=12)
            texts, arrays = client.hear("told")
            np.testing.assert_allclose(arrays["joints"], expected(self.clean, self.filler, windows), rtol=1e-6)
            self.assertEqual((texts["number"], texts["id"]), ("12", "p"))
            np.testing.assert_allclose(client.joints([[0, 0, 0, 0]]),
                                       expected(self.clean, self.filler, [(0, 0, 0, 0)]), rtol=1e-6)
        # An ask of one window goes alone.
        self.assertEqual((set(sizes[:-1]), sizes[-1]), ({4}, 1))
        padding = np.concatenate(rows)[len(windows):len(windows) + -len(windows) % 4]
        for row in padding:
            np.testing.assert_array_equal(row, self.clean)

    def test_asks_of_one_picture_share_batches(self):
        calls, go = [], threading.Event()

        def predict(inputs, state):
            go.wait(10)
            calls.append(len(inputs))
            return mean_joints(inputs)

        first, second, third = grid()[:6], grid()[6:13], grid()[13:16]
        with Client(predict=predict) as client:
            client.open(self.picture)
            for number, windows in enumerate((first, second, third)):
                client.ask(windows, number=number)
            threading.Timer(0.3, go.set).start()
            for number, windows in enumerate((first, second, third)):
                texts, arrays = client.hear("told")
                self.assertEqual(texts["number"], str(number))
                np.testing.assert_allclose(arrays["joints"], expected(self.clean, self.filler, windows), rtol=1e-6)
        self.assertEqual(calls, [4] * 4)

    def test_answers_stay_in_order_between_pictures_failures_and_closing(self):
        with Client() as client:
            other = photo(seed=5)
            client.open(self.picture, id="a")
            client.open(other, id="b")
            client.ask(grid()[:3], number=1, id="a")
            client.ask(grid()[:3], number=2, id="b")
            client.ask([(0, 0, 65, 1)], number=3, id="b")
            client.ask(grid()[:3], number=4, id="b", want=["attention"])
            client.say("close", id="b")
            client.say("something new", {"x": np.zeros(3)}, id="a")
            client.ask(grid()[:3], number=5, id="b")
            client.ask(grid()[:1], number=6, id="a", unknown=np.zeros(2, np.uint8))
            heard = [pw.decode(client.incoming) for _ in range(6)]
        self.assertEqual([(say, texts["number"]) for say, texts, _ in heard],
                         [("told", "1"), ("told", "2"), ("failed", "3"), ("told", "4"), ("failed", "5"), ("told", "6")])
        self.assertIn("64 by 64", heard[2][1]["text"])
        self.assertEqual(heard[2][1]["kind"], "input")
        np.testing.assert_allclose(heard[1][2]["joints"], expected(normal(other), self.filler, grid()[:3]), rtol=1e-6)
        np.testing.assert_array_equal(heard[1][2]["joints"], heard[3][2]["joints"])

    def test_masks(self):
        mask = np.random.default_rng(3).integers(0, 256, (1, 30, 40), dtype=np.uint8)
        mask[0, :5] = 255
        windows, offsets = [(0, 0, 30, 40), (10, 20, 25, 50), (0, 0, 0, 0)], [(0, 0), (3, 4), (0, 0)]
        rows = np.repeat(self.clean[None], 3, 0).astype(np.float64)
        for row, (y0, x0, y1, x1), (y, x) in zip(rows, windows, offsets):
            cover = mask[0, y:y + y1 - y0, x:x + x1 - x0] / 255
            row[:, y0:y1, x0:x1] += (self.filler - row)[:, y0:y1, x0:x1] * cover
        with Client() as client:
            client.open(self.picture)
            got = client.joints(windows, masks=mask, offsets=np.int32(offsets))
            np.testing.assert_allclose(got, mean_joints(rows)["joints"], rtol=1e-5)
            for bad in ({"masks": mask}, {"masks": mask, "offsets": np.int32(offsets) + 1},
                        {"masks": mask, "offsets": np.int32(offsets) - 1},
                        {"masks": mask[0, 0], "offsets": np.int32(offsets)}):
                client.ask(windows, **bad)
                self.assertEqual(client.hear("failed")[0]["kind"], "input")
            np.testing.assert_allclose(client.joints([[0, 0, 9, 9]]),
                                       expected(self.clean, self.filler, [(0, 0, 9, 9)]), rtol=1e-6)

    def test_asks_that_make_no_sense(self):
        with Client() as client:
            client.open(self.picture)
            for arrays, texts in (({}, {}), ({"windows": np.zeros((2, 3), np.int32)}, {}),
                                  ({"windows": np.zeros((0, 4), np.int32)}, {}),
                                  ({"windows": np.zeros((2, 4), np.float32)}, {}),
                                  ({"windows": np.int32([[3, 0, 2, 1]])}, {}),
                                  ({"windows": np.int32([[-1, 0, 2, 1]])}, {}),
                                  ({"windows": np.zeros((65537, 4), np.int32)}, {}),
                                  ({"windows": np.zeros((1, 4), np.int32)}, {"want": "{"}),
                                  ({"windows": np.zeros((1, 4), np.int32)}, {"want": "3"}),
                                  ({"windows": np.zeros((1, 4), np.int32)}, {"id": "q"})):
                client.say("ask", arrays, **{"id": "p", "number": 9, **texts})
                texts, _ = client.hear("failed")
                self.assertEqual((texts["kind"], texts["number"]), ("input", "9"))
            client.joints([[0, 0, 0, 0]])

    def test_predict_that_changes_its_inputs(self):
        for start in (1, 3):
            calls = []

            def predict(inputs, state):
                calls.append(1)
                result = mean_joints(inputs)
                if len(calls) >= start:
                    inputs *= 0.5
                return result

            with self.subTest(start=start), Client(predict=predict) as client:
                client.open(self.picture)
                got = np.concatenate([client.joints(grid()[i:i + 4]) for i in range(0, 24, 4)])
                want = expected(self.clean, self.filler, grid()[:24])
                np.testing.assert_allclose(got, want, rtol=1e-6)
                self.assertEqual(client.errors.getvalue().count("changes its inputs"), 1)

    def test_outputs_that_are_the_inputs(self):
        with Client(predict=lambda inputs, state: {"joints": inputs[:, :1, :1, :3]}, joints=["a"], batch=2) as client:
            client.worker.predict = lambda inputs, state: {"joints": inputs.reshape(2, -1)[:, None, :3]}
            client.open(self.picture)
            got = client.joints([(0, 0, 5, 5), (0, 0, 0, 0), (0, 0, 0, 0), (0, 0, 5, 5)])
        hidden, seen = self.filler[0, 0, :3], self.clean[0, 0, :3]
        np.testing.assert_array_equal(got[:, 0], [hidden, seen, seen, hidden])

    def test_batches_are_halved_when_memory_runs_out(self):
        for error in (MemoryError(), RuntimeError("CUDA out of memory. Tried to allocate 2 GiB"),
                      RuntimeError("cuDNN error: CUDNN_STATUS_ALLOC_FAILED"),
                      RuntimeError("RESOURCE_EXHAUSTED: too much")):
            sizes = []

            def predict(inputs, state):
                sizes.append(len(inputs))
                if len(inputs) > 2:
                    raise error
                return mean_joints(inputs)

            with self.subTest(error=str(error)), Client(predict=predict, batch=16) as client:
                client.open(self.picture)
                np.testing.assert_allclose(client.joints(grid()[:5]), expected(self.clean, self.filler, grid()[:5]),
                                           rtol=1e-6)
                self.assertEqual(client.hello[0]["batch"], "16")
            self.assertEqual(sizes, [16, 8, 4, 2, 2, 2])

    def test_memory_that_runs_out_later(self):
        calls = []

        def predict(inputs, state):
            calls.append(len(inputs))
            if len(calls) == 3:
                raise MemoryError
            return mean_joints(inputs)

        with Client(predict=predict) as client:
            client.open(self.picture)
            np.testing.assert_allclose(client.joints(grid()[:12]), expected(self.clean, self.filler, grid()[:12]),
                                       rtol=1e-6)
        self.assertEqual(calls, [4, 4, 4, 2, 2])

    def test_asks_that_want_other_things_share_no_batch(self):
        wants, go = [], threading.Event()

        def predict(inputs, state, want):
            go.wait(10)
            wants.append(want)
            return mean_joints(inputs)

        with Client(predict=predict) as client:
            client.open(self.picture)
            client.ask(grid()[:6], number=1)
            client.ask(grid()[:6], number=2, want=["attention"])
            threading.Timer(0.3, go.set).start()
            for number in "12":
                texts, arrays = client.hear("told")
                self.assertEqual(texts["number"], number)
                np.testing.assert_allclose(arrays["joints"], expected(self.clean, self.filler, grid()[:6]), rtol=1e-6)
        self.assertEqual(wants, [[]] * 2 + [["attention"]] * 2)

    def test_prepare_may_use_its_memory_again(self):
        memory = np.zeros((3, 64, 64), np.float32)

        def prepare(picture, box):
            memory[:] = normal(picture)
            return memory, None

        with Client(prepare) as client:
            client.open(self.picture)
            np.testing.assert_allclose(client.joints(grid()[:5]), expected(self.clean, self.filler, grid()[:5]), rtol=1e-6)

    def test_too_little_memory_for_one(self):
        def predict(inputs, state):
            if enough:
                return mean_joints(inputs)
            raise MemoryError("all gone")

        enough = False
        with Client(predict=predict) as client:
            client.open(self.picture)
            client.ask(grid()[:5], number=1)
            texts, _ = client.hear("failed")
            self.assertEqual((texts["kind"], texts["number"]), ("memory", "1"))
            enough = True
            client.joints(grid()[:5])

    def test_failures_are_told_and_the_worker_goes_on(self):
        def predict(inputs, state):
            if sick:
                raise KeyError("no\nsuch weight")
            return mean_joints(inputs)

        sick = True
        with Client(predict=predict) as client:
            client.open(self.picture)
            client.ask(grid()[:3], number=1)
            texts, _ = client.hear("failed")
            self.assertEqual((texts["kind"], texts["id"]), ("internal", "p"))
            self.assertRegex(texts["text"], r"^KeyError: 'no\\nsuch weight' \(test_worker.py, line \d+\)$")
            self.assertIn("Traceback", client.errors.getvalue())
            sick = False
            client.joints(grid()[:3])

    def test_what_predict_may_not_give(self):
        n = 4
        for options, outputs, words in (
                ({}, None, "NoneType; it must give a dict"), ({}, {}, "nothing, but not joints"),
                ({}, {"joint": np.zeros((n, 1, 3))}, "predict gave joint, but not joints"),
                ({}, {"joints": np.zeros((n, 2, 3))}, r"\[4, 2, 3\] for 4 inputs; it must be \[4, 1, 3\]"),
                ({}, {"joints": np.zeros((3, 1, 3))}, r"\[3, 1, 3\] for 4 inputs"),
                ({}, {"joints": np.zeros((n, 3))}, r"must be \[4, 1, 3\]"), ({}, {"joints": "abc"}, "no array"),
                ({}, {"joints": [np.zeros((1, 3)), np.zeros((2, 3))] * 2}, "no array"),
                ({"joints": "smpl24"}, {"joints": np.zeros((n, 3))}, r"must be \[4, J, 3\]"),
                ({"joints": None, "body": "smpl"}, {"rotations": np.zeros((n, 24, 3, 3))}, "not betas"),
                ({"joints": None, "body": "smpl"}, {"rotations": np.zeros((n, 72)), "betas": np.zeros((n, 10))},
                 r"must be \[4, 24, 3, 3\]"),
                ({"joints": None, "body": "smpl"}, {"rotations": np.zeros((n, 24, 3, 3)), "betas": np.zeros((n, 300))},
                 r"must be \[4, 10\]"),
                ({"gives": ["camera"]}, {"joints": np.zeros((n, 1, 3))}, "not camera"),
                ({"gives": ["confidence"]}, {"joints": np.zeros((n, 1, 3)), "confidence": np.zeros(n)},
                 r"must be \[4, 1\]")):
            with self.subTest(words=words), Client(predict=lambda inputs, state: outputs, **options) as client:
                client.open(self.picture)
                client.ask(grid()[:2])
                texts, _ = client.hear("failed")
                self.assertEqual(texts["kind"], "internal")
                self.assertRegex(texts["text"], words)

    def test_body_extras_and_want(self):
        wants = []

        def predict(inputs, state, want):
            wants.append(want)
            n = len(inputs)
            told = {"rotations": np.tile(np.eye(3), (n, 24, 1, 1)), "betas": [np.zeros(10)] * n,
                    "camera": np.ones((n, 3)), "vertices": np.zeros((n, 5, 3)), "confidence": np.ones((n, 24))}
            return {**told, "attention": np.ones((n, 16, 12, 24))} if "attention" in want else told

        with Client(predict=predict, joints=None, body="smpl", gives=["camera", "attention"]) as client:
            client.open(self.picture)
            client.ask(grid()[:5])
            self.assertEqual(set(client.hear("told")[1]), {"rotations", "betas", "camera"})
            client.ask(grid()[:5], want=["attention", "unheard of"])
            arrays = client.hear("told")[1]
            self.assertEqual({name: (a.shape, a.dtype.name) for name, a in arrays.items()}, {
                "rotations": ((5, 24, 3, 3), "float32"), "betas": ((5, 10), "float32"), "camera": ((5, 3), "float32"),
                "attention": ((5, 16, 12, 24), "float32")})
            self.assertIn("confidence, vertices of predict: not used; name it in gives=", client.errors.getvalue())
        self.assertEqual(wants, [[]] * 2 + [["attention", "unheard of"]] * 2)

    def test_a_third_parameter_with_a_default_is_no_want(self):
        self.assertFalse(pw._takes_want(lambda inputs, state, scale=2: None))
        self.assertTrue(pw._takes_want(lambda inputs, state, want=(): None))
        self.assertFalse(pw._takes_want(mean_joints))

    def test_nobody_found_is_nan(self):
        with Client(predict=lambda inputs, state: {"joints": np.full((len(inputs), 1, 3), np.nan)}) as client:
            client.open(self.picture)
            self.assertTrue(np.isnan(client.joints(grid()[:2])).all())

    def test_damage_ends_the_worker(self):
        client = Client()
        with client:
            client.outgoing.write(b"\xff" * 16)
            client.thread.join(10)
        self.assertIn("length of the header", str(client.damage))

    def test_every_way_to_compose_gives_the_same(self):
        """The way of devices, tried with numpy in the place of cupy."""
        rng = np.random.default_rng(0)
        windows = np.int32([(1, 2, 30, 50), (0, 0, 0, 0), (20, 5, 33, 64), (0, 0, 64, 64)])
        mask, offsets = rng.integers(0, 256, (64, 64), dtype=np.uint8), np.int32([(3, 4), (0, 0), (0, 5), (0, 0)])
        for change in (lambda a: a, lambda a: a.transpose(1, 2, 0), lambda a: a[None, None],
                       lambda a: np.rint(a * 50).astype(np.int32)):
            clean, filler = change(self.clean), change(self.filler)
            layout = pw._Layout(clean)
            host, device = pw._OnHost(clean, filler, layout), pw._OnDevice(clean, filler, layout)
            np.testing.assert_array_equal(host.fill(windows, None, None), device.fill(windows, None, None))
            host.check()
            got = device.fill(windows, mask, offsets)
            self.assertEqual(got.dtype, clean.dtype)
            np.testing.assert_allclose(host.fill(windows, mask, offsets), got, rtol=1e-6, atol=1e-6)


@unittest.skipUnless(has("torch"), "no torch")
class Torch(unittest.TestCase):
    def sweep(self, dtype, device_way=False, predict=None, batch=4):
        picture, windows = photo(), grid()[:10]
        prepare = lambda p, b: torch.from_numpy(normal(p)).to(dtype)[None]

        def plain(inputs, state):
            self.assertEqual((tuple(inputs.shape[1:]), inputs.dtype), ((3, 64, 64), dtype))
            self.assertFalse(torch.is_grad_enabled())
            return {"joints": torch.as_tensor(mean_joints(inputs)["joints"], dtype=torch.float64).requires_grad_()}

        with Client(prepare, predict or plain, batch=batch) as client:
            client.open(picture)
            if device_way:
                opened = client.worker.opened["p"]
                clean, filler = (torch.as_tensor(a)[None] for a in (opened.canvas.clean, opened.canvas.filler))
                opened.canvas = pw._OnDevice(clean, filler, opened.layout)
            got = client.joints(windows)
            again = client.joints(windows, masks=np.full((1, 64, 64), 255, np.uint8),
                                  offsets=np.zeros((10, 2), np.int32))
            errors = client.errors.getvalue()
        as_is = lambda a: pw.to_numpy(torch.from_numpy(a).to(dtype)).astype(np.float32)
        clean, filler = as_is(normal(picture)), as_is(normal(np.broadcast_to(np.uint8([10, 20, 30]), picture.shape)))
        np.testing.assert_allclose(got, expected(clean, filler, windows), rtol=1e-6)
        np.testing.assert_allclose(again, got, rtol=1e-6)
        return errors

    def test_types_and_ways(self):
        for dtype in (torch.float32, torch.float16, torch.bfloat16, torch.float64):
            with self.subTest(dtype=dtype):
                self.sweep(dtype)
        self.sweep(torch.float32, device_way=True)

    def test_in_place_and_memory(self):
        def predict(inputs, state):
            if len(inputs) > 2:
                raise torch.cuda.OutOfMemoryError("CUDA out of memory")
            told = mean_joints(inputs)
            inputs.mul_(0.5)
            return told

        for way in (False, True):
            errors = self.sweep(torch.float32, way, predict, batch=8)
            self.assertEqual(errors.count("changes its inputs"), 0 if way else 1)
            self.assertEqual(errors.count("out of memory"), 2)

    def test_memory_that_runs_out_when_results_are_fetched(self):
        class Late:
            def __init__(self, inputs):
                self.inputs = inputs

            def __array__(self, dtype=None, copy=None):
                if len(self.inputs) > 2:
                    raise RuntimeError("RESOURCE_EXHAUSTED: out of memory")
                return mean_joints(self.inputs)["joints"]

        for way in (False, True):
            self.sweep(torch.float32, way, lambda inputs, state: {"joints": Late(inputs)}, batch=8)

    def test_copies_from_a_gpu_are_waited_for(self):
        """With tensors of the CPU said to be a GPU's, since none may be here."""
        told, waited = [], []

        class Stream:
            def record_event(self):
                told.append(1)
                return self

            def synchronize(self):
                waited.append(len(told))

        with mock.patch.object(pw, "_on_gpu", lambda value: pw._library(value) == "torch"), \
                mock.patch.object(torch.cuda, "current_stream", lambda device: Stream()):
            self.sweep(torch.float32, device_way=True)
        # Ten windows in batches of four, twice: each is fetched once the next has begun.
        self.assertEqual(waited, [2, 3, 3, 5, 6, 6])

    def test_real_fillers(self):
        look = pw._Preparer(lambda p, b: torch.from_numpy(normal(p)), None)
        look(photo())
        self.assertLess(float(look.filler(MEAN.reshape(1, 1, 3), (64, 64, 3)).abs().max()), 3e-7)

    def test_conversions(self):
        a, b = torch.zeros(2, 1, 3, 3), torch.ones(2, 23, 3, 3)
        self.assertEqual(tuple(pw.cat(a, b).shape), (2, 24, 3, 3))


@unittest.skipUnless(has("jax"), "no jax")
class Jax(unittest.TestCase):
    def test_jax(self):
        import jax.numpy as jnp

        with Client(lambda p, b: jnp.asarray(normal(p)), lambda inputs, state: mean_joints(inputs)) as client:
            client.open(Predicting.picture)
            windows = grid()[:10]
            want = expected(Predicting.clean, Predicting.filler, windows)
            np.testing.assert_allclose(client.joints(windows), want, rtol=1e-6)
            mask, offsets = np.full((1, 64, 64), 255, np.uint8), np.zeros((10, 2), np.int32)
            np.testing.assert_allclose(client.joints(windows, masks=mask, offsets=offsets), want, rtol=1e-6)


class Conversions(unittest.TestCase):
    def test_cat_and_boxes(self):
        self.assertEqual(pw.cat(np.zeros((2, 1, 3)), np.ones((2, 4, 3))).shape, (2, 5, 3))
        self.assertEqual(pw.xyxy((1, 2, 3, 4)).tolist(), [1, 2, 4, 6])
        self.assertEqual(pw.xyxy(None, photo(30, 40)).tolist(), [0, 0, 40, 30])
        with self.assertRaisesRegex(ValueError, "there is no box"):
            pw.xyxy(None)

    def test_shown(self):
        picture = pw.shown(np.float32([[[-1, 0], [1, 3]]]))
        self.assertEqual(picture[:, :, 1].tolist(), [[0, 64], [128, 255]])
        self.assertEqual(pw.shown(np.zeros((3, 20, 30))).shape, (20, 30, 3))

    def test_fingerprint(self):
        with tempfile.TemporaryDirectory() as folder:
            one, two = os.path.join(folder, "1"), os.path.join(folder, "2")
            for path, text in ((one, b"a"), (two, b"b")):
                with open(path, "wb") as file:
                    file.write(text)
            self.assertNotEqual(pw.fingerprint(one), pw.fingerprint(two))
            self.assertEqual(pw.fingerprint(one, two), pw.fingerprint(one, two))


NOISY = """
    import os, sys
    import penumbra_worker as pw
    import numpy as np
    print("heavy library 1.0")
    os.system("echo from a child")
    os.write(1, b"raw noise\\n")

    def prepare(picture, box):
        print("downsampling_factor=1")
        return picture.astype(np.float32)

    def predict(inputs, state):
        print("noise"); os.write(1, b"more noise\\n"); assert sys.stdin.read() == ""
        return {"joints": np.zeros((len(inputs), 1, 3))}

    pw.serve(prepare, predict, name="noisy", joints=["a"], batch=2)
"""


class Processes(unittest.TestCase):
    def start(self, text, environment=("PENUMBRA_WORKER", "1")):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        path = os.path.join(folder.name, "worker.py")
        with open(path, "w") as file:
            file.write(textwrap.dedent(text))
        where = os.path.dirname(os.path.abspath(pw.__file__))
        environment = {**os.environ, "PYTHONPATH": where, **dict([environment] if environment else [])}
        process = subprocess.Popen([sys.executable, path], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, env=environment)
        self.addCleanup(lambda: [stream.close() for stream in (process.stdin, process.stdout, process.stderr)])
        return process

    def talk(self, process):
        self.assertEqual(pw.decode(process.stdout)[0], "hello")
        process.stdin.write(pw.encode("open", {"picture": photo(), "filler": np.zeros((1, 1, 3), np.uint8)}, id="1"))
        process.stdin.write(pw.encode("ask", {"windows": np.zeros((5, 4), np.int32)}, id="1", number=1))
        process.stdin.flush()
        self.assertEqual([pw.decode(process.stdout)[0] for _ in range(2)], ["opened", "told"])

    def test_what_libraries_print_stays_out_of_the_pipe(self):
        for environment in (("PENUMBRA_WORKER", "1"), None):  # ssh and docker lose the environment
            process = self.start(NOISY, environment)
            self.talk(process)
            process.stdin.close()
            self.assertEqual((process.wait(20), process.stdout.read()), (0, b""))
            errors = process.stderr.read().decode()
            for words in ("heavy library", "from a child", "raw noise", "downsampling_factor", "more noise"):
                self.assertIn(words, errors)

    def test_leaves_quietly_when_nobody_listens(self):
        process = self.start(NOISY)
        self.talk(process)
        process.stdout.close()
        process.stdin.write(pw.encode("ask", {"windows": np.zeros((5, 4), np.int32)}, id="1", number=2))
        process.stdin.flush()
        self.assertEqual(process.wait(20), 0)
        self.assertNotIn("Traceback", process.stderr.read().decode())

    def test_ctrl_c_is_left_to_penumbra(self):
        process = self.start(NOISY)
        self.talk(process)
        process.send_signal(2)
        process.stdin.write(pw.encode("ask", {"windows": np.zeros((5, 4), np.int32)}, id="1", number=2))
        process.stdin.flush()
        self.assertEqual(pw.decode(process.stdout)[0], "told")
        process.stdin.close()
        self.assertEqual(process.wait(20), 0)

    def test_damage_is_one_line_and_an_exit_code(self):
        process = self.start(NOISY)
        self.talk(process)
        process.stdin.write(b"GET / HTTP/1.1\r\n\r\n")
        process.stdin.close()
        self.assertEqual(process.wait(20), 65)
        self.assertRegex(process.stderr.read().decode().splitlines()[-1], "^penumbra_worker: what came .* damaged: ")

    def test_by_hand_on_a_terminal(self):
        import pty

        leader, follower = pty.openpty()
        where = os.path.dirname(os.path.abspath(pw.__file__))
        result = subprocess.run(
            [sys.executable, "-c", "import penumbra_worker as pw; pw.serve(None, None, name='x', joints='smpl24')"],
            stdin=follower, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env={**os.environ, "PYTHONPATH": where})
        os.close(leader)
        os.close(follower)
        self.assertEqual((result.returncode, result.stdout), (64, b""))
        self.assertRegex(result.stderr.decode(), r"\Apenumbra_worker: this is a worker: penumbra sweep .*\n\Z")


class Sweeps(unittest.TestCase):
    """`sweep` against a program that plays Penumbra's side: it asks for four windows, and writes a record of them."""

    def run_sweep(self, picture, **options):
        path = os.path.join(HERE, "fake_penumbra.py")
        with tempfile.TemporaryDirectory() as folder:
            program = os.path.join(folder, "penumbra")
            with open(program, "w") as file:
                file.write(f"#!/bin/sh\nexec '{sys.executable}' '{path}' \"$@\"\n")
            os.chmod(program, 0o755)
            errors = io.StringIO()
            where = os.path.dirname(os.path.abspath(pw.__file__))
            old = os.environ.get("PYTHONPATH")
            os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [where, old]))
            try:
                with contextlib.redirect_stderr(errors):
                    return pw.sweep(normal, options.pop("predict", mean_joints), picture, name="mine", joints=["a"],
                                    penumbra=program, **options), errors.getvalue()
            finally:
                os.environ.pop("PYTHONPATH") if old is None else os.environ.update(PYTHONPATH=old)

    @unittest.skipUnless(has("zarr") and has("xarray"), "no zarr or xarray")
    def test_sweep_returns_the_record(self):
        record, errors = self.run_sweep(photo(), box=(1, 2, 30, 40), stride=4, quiet=True, occluder_size=40, truth=None,
                                        body_="smpl.npz")
        np.testing.assert_allclose(record.error.values, expected(
            Predicting.clean, Predicting.filler, [(0, 0, i, i) for i in range(4)])[:, 0, 0], rtol=1e-6)
        command = json.loads(record.attrs["command"])
        self.assertEqual(command[0], "sweep")
        self.assertEqual(command[2:4], ["--model", "mine=worker: -"])
        self.assertEqual(command[6:], ["--box", "1,2,30,40", "--stride", "4", "--quiet", "--occluder-size", "40",
                                       "--body", "smpl.npz"])
        self.assertIn("sweeping", errors)

    @unittest.skipUnless(has("zarr") and has("xarray"), "no zarr or xarray")
    def test_failures_of_both_sides(self):
        def predict(inputs, state):
            raise ZeroDivisionError("mine")

        with self.assertRaisesRegex(pw.SweepFailed, "the worker failed: ZeroDivisionError: mine") as caught:
            self.run_sweep(photo(), predict=predict)
        self.assertIsInstance(caught.exception.__cause__, ZeroDivisionError)
        with self.assertRaisesRegex(pw.SweepFailed, "Error: no such box"):
            self.run_sweep(photo(), fail="no such box")
        with self.assertRaisesRegex(pw.SweepFailed, "/nowhere/penumbra: No such file"):
            pw.sweep(normal, mean_joints, photo(), joints=["a"], penumbra="/nowhere/penumbra")
        with self.assertRaisesRegex(ValueError, "uint8 RGB"):
            self.run_sweep(photo().astype(float))

    @unittest.skipUnless(has("zarr") and has("xarray"), "no zarr or xarray")
    def test_records_may_be_kept(self):
        with tempfile.TemporaryDirectory() as out:
            path = os.path.join(out, "photo.png")
            with open(path, "wb") as file:
                file.write(pw._png(photo()))
            record, _ = self.run_sweep(path, out=out)
            self.assertEqual(record.error.shape, (4,))
            self.assertTrue(os.path.isdir(os.path.join(out, "photo.mine.square40.zarr")))

    def test_png(self):
        picture = photo(5, 7)
        blob, at, data = pw._png(picture), 8, b""
        self.assertEqual(blob[:8], b"\x89PNG\r\n\x1a\n")
        while at < len(blob):
            (length,), kind = struct.unpack(">I", blob[at:at + 4]), blob[at + 4:at + 8]
            body = blob[at + 8:at + 8 + length]
            self.assertEqual(struct.unpack(">I", blob[at + 8 + length:at + 12 + length])[0], zlib.crc32(kind + body))
            data += body if kind == b"IDAT" else b""
            if kind == b"IHDR":
                self.assertEqual(struct.unpack(">2I5B", body), (7, 5, 8, 2, 0, 0, 0))
            at += 12 + length
        rows = np.frombuffer(zlib.decompress(data), np.uint8).reshape(5, 22)
        np.testing.assert_array_equal(rows[:, 1:].reshape(5, 7, 3), picture)


if __name__ == "__main__":
    unittest.main()
