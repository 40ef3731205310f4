"""Live mode, against a server that answers from a record."""

import http.server
import json
import re
import threading
import time
import urllib.parse

import numpy as np

from browser import check, number_of

TOKEN = "secret"
LIVE = {"token": TOKEN, "sizes": [8, 112], "size": 40, "shapes": ["square", "disc"], "fills": ["gray", "black"]}


class Answering:
    """A server on a free port that gives the page, answers and records."""

    def __init__(self, text, record, label):
        self.asked, self.delays = [], []
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
                self.send(json.dumps({"text": "a record was written"}), "application/json")
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


@check(26, "live: pointing asks, answers show, an old answer never replaces a newer one, a record is written")
def live(session):
    index, record = next(((i, r) for (i, k), r in session.networks.items() if k == 0 and "camera" in r.arrays))
    label = session.header["reports"][index]["networks"][0]["label"]
    page = session.path.parent / "live.html"
    session.make([record.path], page, live=LIVE)
    text = page.read_text()
    page.unlink()
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
        assert "record was written" in opened.text("#live-state") and "post" in server.asked[-1]
        assert not opened.complaints, opened.complaints
        if is_swept:
            opened.press("w")
            assert opened.run("penumbra.state.at") == session.header["reports"][index]["networks"][0]["worst"][0]["at"]
            assert "row" in opened.text("#where")
        opened.close()
        server.server.shutdown()
