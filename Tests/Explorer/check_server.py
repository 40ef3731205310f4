"""Live mode, against the program itself."""

import json
import pathlib
import signal
import subprocess
import tempfile
import time
import urllib.request

import numpy as np

from browser import Skip, check, number_of
from records import Record

PICTURE = pathlib.Path(__file__).resolve().parents[2] / "Fixtures/people/person-1.png"


class Served:
    """A running `penumbra explore`."""

    def __init__(self, program, folder, *options):
        self.process = subprocess.Popen(
            [program, "explore", str(PICTURE), "--truth", str(PICTURE.with_suffix(".json")), "--out", str(folder),
             "--stride", "28", *options], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.address = self.process.stdout.readline().strip()
        if not self.address:
            raise AssertionError(self.process.communicate()[1])

    def end(self):
        self.process.send_signal(signal.SIGINT)
        error = self.process.communicate(timeout=60)[1]
        assert self.process.returncode == 0, error


def state(opened, wanted, seconds=60, place="#live-state"):
    """Waits for words beside the controls."""
    end = time.time() + seconds
    while wanted not in opened.text(place):
        assert time.time() < end, opened.text(place)
        opened.tab.wait_for_timeout(20)
    return opened.text(place)


def sees(opened, maps):
    """The numbers above the maps once they are so many."""
    opened.settle()
    numbers = opened.numbers()
    assert len(numbers) >= maps and None not in numbers[:maps], numbers
    return numbers[:maps]


@check(28, "penumbra explore: the pointer's numbers are those of the record that it writes, for any occluder")
def served(session):
    if not session.program:
        raise Skip("needs --make with the program")
    with tempfile.TemporaryDirectory() as folder:
        server = Served(session.program, folder, "--model", "gap", "--model", "attention")
        try:
            note = look(session, server, pathlib.Path(folder))
        finally:
            server.end()
    return note


def look(session, server, folder):
    opened = session.open(address=server.address, offline=False)
    page = opened.run("() => document.querySelector('meta[http-equiv]').content")
    assert page.endswith("connect-src 'self'"), page
    assert opened.tab.locator("#live").is_visible()
    assert opened.run("penumbra.array(0, 'error').planes") > 0, "no first look"
    box = opened.tab.locator("#picture-area").bounding_box()

    def point(x, y):
        opened.tab.mouse.move(box["x"] + x * box["width"], box["y"] + y * box["height"])

    # Another size, shape and fill, then a place; the last answer is that of the last place.
    opened.tab.locator("#live-size").fill("60")
    opened.tab.locator("#live-shape").select_option("disc")
    opened.tab.locator("#live-fill").select_option("black")
    for step in range(12):
        point(0.3 + 0.02 * step, 0.4)
        opened.tab.wait_for_timeout(15)
    times = state(opened, " ms")
    opened.tab.locator("#live-record").click()
    text = state(opened, "wrote", 300, "#live-written")
    assert "person-1.gap.disc60-black-stride28.zarr" in text, text

    # At the centres of the record's positions the numbers are the record's.
    box = opened.tab.locator("#picture-area").bounding_box()
    records = [Record(folder / f"person-1.{name}.disc60-black-stride28.zarr") for name in ("gap", "attention")]
    frame = records[0].frame
    waits = []
    for row, column in [(0, 0), (3, 4), (4, 3), (7, 7), (5, 2)]:
        x, y = (records[0].arrays[name][i] for name, i in (("column", column), ("row", row)))
        query = opened.run("() => penumbra.hash") and server.address.replace("/?", "/answer?")
        place = [frame["x"] + x / frame["side_px"] * frame["width"], frame["y"] + y / frame["side_px"] * frame["height"]]
        start = time.time()
        with urllib.request.urlopen(f"{query}&p=person-1&x={place[0]}&y={place[1]}&size=60&shape=disc&fill=black") as got:
            answer = json.load(got)
        waits.append(time.time() - start)
        for network, record in zip(answer["networks"], records):
            off = np.abs(np.array(network["error"]) - record.mm["error"][row, column])
            assert off.max() < 0.02, f"{network['label']} at {row}, {column}: {off.max()} mm"
        share = [float(x) / frame["side_px"], float(y) / frame["side_px"]]
        if not all(0.02 < s < 0.98 for s in share):
            continue
        opened.tab.locator("#live-state").evaluate("element => element.textContent = ''")
        point(*share)
        state(opened, " ms")
        mean = [record.mm["error"][row, column].mean() - record.mm["clean_error"].mean() for record in records]
        for shown, wanted in zip(sees(opened, 2), mean):
            # The pointer is at a whole pixel of the screen, so the occluder may be one of the crop beside.
            assert abs(shown - wanted) < 0.1 * max(20, abs(wanted)), f"{shown}, the record has {wanted}"

    # The page shows the record when it is asked to; without the token there is nothing.
    opened.tab.locator("#live-show").click()
    opened.until("document.documentElement.dataset.ready === '1' && !penumbra.state.live")
    assert "disc60-black" in opened.run("penumbra.hash"), opened.run("penumbra.hash")
    assert opened.run("['size', 'shape', 'fill'].map(n => document.getElementById('live-' + n).value)") == ["60", "disc", "black"]
    assert not opened.text("#live-note"), opened.text("#live-note")
    opened.tab.locator(".map").first.focus()
    opened.press("ArrowRight")
    state(opened, " ms")
    sees(opened, 2)
    names = opened.run("() => [...document.querySelector('#report').options].length")
    assert names == 2, f"{names} reports after a record was written"
    assert not [c for c in opened.complaints if "favicon" not in c], opened.complaints
    opened.close()
    try:
        urllib.request.urlopen(server.address.split("?")[0])
        raise AssertionError("an answer without the token")
    except urllib.error.HTTPError as problem:
        assert problem.code == 403
    return f"{times}; {1000 * np.median(waits):.0f} ms from question to answer"


@check(28, "penumbra explore: a worker that ends is named, its numbers are none, and the others go on")
def failing(session):
    if not session.program:
        raise Skip("needs --make with the program")
    worker = pathlib.Path(__file__).resolve().parents[1] / "Workers/pixel_worker.py"
    with tempfile.TemporaryDirectory() as folder:
        small = pathlib.Path(folder) / "small.png"
        from PIL import Image
        Image.open(PICTURE).convert("RGB").resize((32, 32)).save(small)
        server = subprocess.Popen(
            [session.program, "explore", str(small), "--box", "whole", "--joints", "common12", "--out", folder,
             "--model", "gap", "--model", f"pixels=worker: exec python3 '{worker}' die:4"],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        address = server.stdout.readline().strip()
        assert address, server.communicate()[1]
        opened = session.open(address=address, offline=False)
        box = opened.tab.locator("#picture-area").bounding_box()
        for step in range(6):
            opened.tab.mouse.move(box["x"] + (0.3 + 0.05 * step) * box["width"], box["y"] + 0.5 * box["height"])
            opened.tab.wait_for_timeout(150)
        state(opened, "pixels: the worker was killed")
        opened.settle()
        texts = opened.tab.locator(".map-panel .number").all_inner_texts()
        assert number_of(texts[0]) is not None and number_of(texts[1]) is None, texts
        errors = [c for c in opened.complaints if c.startswith("error")]
        assert not errors, errors
        opened.close()
        server.send_signal(signal.SIGINT)
        assert server.wait(60) == 0
