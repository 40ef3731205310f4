"""Live mode, against a server that answers from a record."""

import http.server
import json
import re
import threading
import time
import urllib.parse

import numpy as np
from axe_playwright_python.sync_playwright import Axe

from browser import check, number_of
from check_access import RULES

TOKEN = "secret"
LIVE = {"token": TOKEN, "sizes": [8, 112], "size": 40, "shapes": ["square", "disc"], "fills": ["gray", "black"]}


class Answering:
    """A server on a free port that gives the page, answers and records."""

    def __init__(self, text, record, label):
        self.asked, self.delays = [], []
        self.report = json.loads(re.search(r'id="header">(.*?)</script>', text, re.S)[1])["reports"][0]["name"]
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def log_message(self, *_):
                pass

            def send(self, body, kind):
                self.send_response(200)
                self.send_header("Content-Type", kind)
                self.end_headers()
                self.wfile.write(body.encode())

            def do_GET(self):
                url = urllib.parse.urlparse(self.path)
                if url.path == "/favicon.ico":
                    return self.send("", "image/png")
                if url.path == "/":
                    return self.send(text, "text/html; charset=utf-8")
                query = {k: v[0] for k, v in urllib.parse.parse_qs(url.query).items()}
                outer.asked.append(query)
                time.sleep(outer.delays.pop(0) if outer.delays else 0)
                self.send(json.dumps({"text": "12 ms", "networks": [outer.answer(query)]}), "application/json")

            def do_POST(self):
                outer.asked.append({"post": self.path})
                self.send(json.dumps({"text": "a record was written", "report": outer.report}), "application/json")
        self.record, self.label = record, label
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()

    def place(self, query):
        rows, columns = (np.abs(self.record.arrays[n] - float(query[a])).argmin() for n, a in
                         (("picture_row", "y"), ("picture_column", "x")))
        return int(rows), int(columns)

    def answer(self, query):
        r, c = self.place(query)
        rows, columns = self.record.spans(0), self.record.spans(1)
        height, width = self.record.occluder()
        return {"label": self.label, "window": [columns["start"][c], rows["start"][r], columns["end"][c], rows["end"][r]],
                "origin": [columns["origin"][c], rows["origin"][r]],
                "occluder": {"shape": query["shape"], "width": width, "height": height,
                             "fill": {"kind": "colour", "colour": "#000000" if query["fill"] == "black" else "#7c7468"}},
                **{name: self.record.mm[name][r, c].ravel().tolist() for name in ("joints", "error", "error_pa")},
                "camera": self.record.arrays["camera"][r, c].tolist()}

    @property
    def address(self):
        return f"http://127.0.0.1:{self.server.server_address[1]}/?token={TOKEN}"


def without_arrays(text):
    """The page of a network that was not swept."""
    header = json.loads(re.search(r'id="header">(.*?)</script>', text, re.S)[1])
    for report in header["reports"]:
        for network in report["networks"]:
            network["arrays"], network["worst"] = {}, []
            for axis in ("rows", "columns"):
                network[axis] = {name: [] for name in network[axis]}
    new = json.dumps(header).replace("<", "\\u003c")
    return re.sub(r'(id="header">).*?(</script>)', lambda m: m[1] + new + m[2], text, count=1, flags=re.S)


def live_page(session):
    """A page of one network for live mode, its record and the number of its report."""
    index, record = next(((i, r) for (i, k), r in session.networks.items() if k == 0 and "camera" in r.arrays))
    page = session.path.parent / "live.html"
    session.make([record.path], page, live=LIVE)
    text = page.read_text()
    page.unlink()
    return text, record, index


def answered(opened):
    """Waits for the answer to what was asked last."""
    opened.until("document.getElementById('live-state').textContent.includes('12 ms')")


@check(26, "live: arrow keys move by pixels, a place is pinned and linked, another occluder is named, a record is shown")
def live_places(session):
    text, record, index = live_page(session)
    report = session.header["reports"][index]
    network = report["networks"][0]
    server = Answering(text, record, network["label"])
    opened = session.open(address=f"{server.address}#at=9,11", offline=False)
    centre = [record.spans(axis)["centre"][i] for axis, i in ((1, 11), (0, 9))]
    factor, _, _, _, left, top = network["toPicture"]

    def asked_at():
        return [float(server.asked[-1][name]) for name in ("x", "y")]

    def expected(right, down):
        step = record.side / 224
        return [left + factor * (centre[0] + right * step), top + factor * (centre[1] + down * step)]
    # The slider asks about the position that is shown, though no pointer was there.
    opened.tab.locator("#live-size").fill("60")
    answered(opened)
    assert server.asked[-1]["size"] == "60" and np.allclose(asked_at(), expected(0, 0), atol=0.02), server.asked[-1]
    assert "square 40 gray, not this occluder" in opened.text("#live-note")
    opened.tab.locator("#live-size").fill("40")
    answered(opened)
    assert not opened.text("#live-note")
    opened.tab.locator(".map").first.focus()
    for key, right, down in (("ArrowRight", 4, 0), ("Shift+ArrowDown", 4, 20), ("ArrowLeft", 0, 20)):
        opened.press(key)
        answered(opened)
        assert np.allclose(asked_at(), expected(right, down), atol=0.05), f"{key}: {asked_at()}, not {expected(right, down)}"

    # A pin keeps its answer while the place moves, and a link brings both again.
    opened.press("Enter")
    assert opened.run("penumbra.state.livePin.join() === penumbra.state.live.join()")
    number, pinned = number_of(opened.text(".map-panel .number")), opened.text(".map-panel .pinned")
    assert pinned and number_of(pinned) == number, f"{pinned}, {number}"
    opened.press(*["Shift+ArrowUp"] * 3)
    answered(opened)
    moved = number_of(opened.text(".map-panel .number"))
    assert opened.text(".map-panel .pinned") == pinned and moved != number, f"{pinned}, {moved}"
    hash = opened.run("penumbra.hash")
    again = session.open(address=f"{server.address}{hash}", offline=False)
    again.until("document.querySelector('.map-panel .pinned').textContent")
    answered(again)
    for name in ("live", "livePin", "pin", "at"):
        assert opened.run(f"penumbra.state.{name}") == again.run(f"penumbra.state.{name}"), name
    assert again.text(".map-panel .pinned") == pinned and number_of(again.text(".map-panel .number")) == moved
    found = Axe().run(again.tab, options=RULES).response["violations"]
    assert not found, [v["nodes"][0]["html"][:160] for v in found]
    again.close()
    opened.press("Escape")
    assert opened.run("[penumbra.state.pin, penumbra.state.livePin]") == [None, None]
    assert not opened.text(".map-panel .pinned")

    # What no server is there for is said.
    still = session.open(hash)
    assert "live position" in still.text("#notice-text"), still.text("#notice-text")
    still.close()

    assert opened.tab.locator("#live-show").is_hidden()
    opened.tab.locator("#live-record").click()
    opened.tab.locator("#live-show").click()
    opened.until("document.documentElement.dataset.ready === '1' && !penumbra.state.live")
    assert opened.run("location.hash").startswith(f"#p={server.report}"), opened.run("location.hash")
    assert not opened.complaints, opened.complaints
    opened.close()
    server.server.shutdown()
    return f"link of {len(hash)} letters"


@check(26, "live: pointing asks, answers show, an old answer never replaces a newer one, a record is written")
def live(session):
    text, record, index = live_page(session)
    label = session.header["reports"][index]["networks"][0]["label"]
    assert "connect-src 'self'" in text and "connect-src" not in session.path.read_text()
    for is_swept in (True, False):
        server = Answering(text if is_swept else without_arrays(text), record, label)
        opened = session.open(address=server.address, offline=False)
        assert opened.tab.locator("#live").is_visible()
        box = opened.tab.locator("#picture-area").bounding_box()
        server.delays = [0.4, 0.4]
        for x in (0.2, 0.3, 0.4, 0.5, 0.6):
            opened.tab.mouse.move(box["x"] + x * box["width"], box["y"] + 0.4 * box["height"])
            opened.tab.wait_for_timeout(40)
        opened.tab.wait_for_timeout(1300)
        assert 2 <= len(server.asked) <= 4, f"{len(server.asked)} questions for five moves"
        last = server.asked[-1]
        assert last["token"] == TOKEN and last["size"] == "40" and last["shape"] == "square"
        quantity = session.header["reports"][index]["quantities"][0]
        at = server.place(last)
        truth = record.mm[quantity["array"]][at].mean() - (record.mm["clean_" + quantity["array"]].mean()
                                                          if quantity["minusClean"] else 0)
        shown = number_of(opened.text(".map-panel .number"))
        assert abs(shown - truth) <= 0.11, f"{shown}, the answer was {truth}"
        assert "12 ms" in opened.text("#live-state")
        opened.tab.locator("#live-fill").select_option("black")
        opened.tab.wait_for_timeout(300)
        assert server.asked[-1]["fill"] == "black"
        opened.tab.locator("#live-record").click()
        opened.tab.wait_for_timeout(300)
        assert "record was written" in opened.text("#live-written") and "post" in server.asked[-1]
        assert not opened.complaints, opened.complaints
        if is_swept:
            opened.press("w")
            assert opened.run("penumbra.state.at") == session.header["reports"][index]["networks"][0]["worst"][0]["at"]
            assert "row" in opened.text("#where")
        opened.close()
        server.server.shutdown()
