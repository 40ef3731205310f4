"""The file: what it asks for, what is in it, how large and how fast it is."""

import getpass
import os
import re
import shutil
import socket
import statistics
import time

import pack
from browser import check, header_of


@check(1, "opens without a message; asks for nothing but itself; ready in time")
def opens(session):
    start = time.time()
    opened = session.open()
    seconds = time.time() - start
    outside = [u for u in opened.requests if not u.startswith(("file:", "data:", "blob:"))]
    files = {u.split("#")[0] for u in opened.requests if u.startswith("file:")}
    assert not outside and len(files) == 1, f"{outside} {files}"
    assert not opened.complaints, opened.complaints
    opened.close()
    size = session.path.stat().st_size / 1e6
    # Twice the time that it may take; a busy machine is not measured.
    is_busy = os.getloadavg()[0] > os.cpu_count() * 1.5
    assert is_busy or seconds < (2 if size < 3 else 6), f"{seconds:.2f} s for {size:.1f} MB"
    return f"{seconds:.2f} s for {size:.1f} MB"


@check(23, "no path, user, host or date in the bytes; the same bytes again; no body but the built-in one")
def privacy(session):
    text = session.path.read_text()
    bare = re.sub(r'<script type="application/octet-stream".*?</script>', "", text, flags=re.S)
    bare = re.sub(r"base64,[A-Za-z0-9+/=]+", "", bare)
    words = ["/tmp/", "/home/", "/root", "/work", "/Users/", socket.gethostname()]
    user = getpass.getuser()
    words += [user] if user not in ("root",) else []
    for word in words:
        assert not re.search(rf"(?<!\w){re.escape(word)}(?!\w)", bare), word
    dates = re.search(r"\b20\d\d-\d\d-\d\d\b|\d\d:\d\d:\d\d", bare)
    assert not dates, dates[0]
    for (i, k), record in session.networks.items():
        body = (record.settings.get("body") or {}).get("name")
        network = session.header["reports"][i]["networks"][k]
        assert body == "body.npz" or not network["body"], f"{network['label']} packs {body}"
    paths = [record.path for record in session.records]
    pages = [session.path.parent / f"again-{n}.html" for n in (1, 2)]
    for page in pages:
        session.make(paths, page)
    same = pages[0].read_bytes() == pages[1].read_bytes()
    for page in pages:
        page.unlink()
    assert same, "two runs differ"


def shows_crop(opened):
    """Waits for the crop, which has many colours."""
    opened.until("""() => {
      const canvas = document.querySelector('#picture-area canvas');
      const data = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
      const seen = new Set();
      for (let i = 0; i < data.length; i += 4 * 31) seen.add(data[i] << 16 | data[i + 1] << 8 | data[i + 2]);
      return seen.size > 100;
    }""")


@check(24, "a folder: a script a record, loaded when asked for, from file://")
def folder(session):
    paths = [record.path for record in session.records]
    out = session.path.parent / "explorer-folder"
    if session.program:
        session.make(paths, f"{out}/")
        header = header_of(out / "index.html")
        assert all(picture["source"] for picture in header["pictures"]), "crops are not in the scripts"
    else:
        page, texts = pack.make(paths, folder=True)
        (out / "data").mkdir(parents=True, exist_ok=True)
        (out / "index.html").write_text(page)
        for name, text in texts.items():
            (out / name).write_text(text)
    scripts = list((out / "data").iterdir())
    report = session.header["reports"][0]
    opened = session.open(f"#p={report['name']}", path=out / "index.html")
    assert not opened.complaints, opened.complaints
    loaded = {u.split("/")[-1] for u in opened.requests if u.endswith(".js")}
    assert len(loaded) == min(2, len(report["networks"])), f"{loaded}"
    assert all(n is not None for n in opened.numbers()), opened.numbers()
    shows_crop(opened)
    if len(session.header["reports"]) > 1:
        opened.press("p")
        opened.ready()
        assert all(n is not None for n in opened.numbers()), opened.numbers()
        more = {u.split("/")[-1] for u in opened.requests if u.endswith(".js")}
        assert more > loaded, f"nothing more than {loaded} was loaded"
        shows_crop(opened)
    (out / "data" / "0.js").unlink()
    opened.close()
    opened = session.open(f"#p={report['name']}", path=out / "index.html")
    assert "missing" in opened.text("#notice-text"), opened.text("#notice-text")
    opened.close()
    shutil.rmtree(out)
    return f"{len(scripts)} scripts"


@check(24, "sizes: the file, the code, what is kept after all pictures were visited")
def sizes(session):
    text = session.path.read_text()
    data = re.sub(r'(<script type="application/octet-stream"[^>]*>).*?</script>', "", text, flags=re.S)
    data = re.sub(r'(<script type="application/json" id="header">).*?</script>', "", data, flags=re.S)
    data = re.sub(r"<main id=\"static\">.*?</main>", "", data, flags=re.S)
    code, size = len(data.encode()) / 1e3, session.path.stat().st_size / 1e6
    assert code <= 120, f"{code:.1f} kB of code, style and markup"
    positions = max(r.mm["error"][..., 0].size for r in session.records)
    assert size < (3 if positions < 5000 else 25) or len(session.records) > 6, f"{size:.2f} MB"
    opened = session.open()
    for i in range(len(session.header["reports"])):
        opened.run("i => penumbra.update({report: i, networks: [0], at: [1, 1], pin: null, box: null, joint: -1})", i)
        opened.ready()
        count = len(session.header["reports"][i]["networks"])
        opened.run("n => penumbra.update({networks: n})", list(range(min(count, 4))))
        opened.ready()
    kept, records = opened.run("[penumbra.bytes(), penumbra.decoded()]")
    opened.close()
    assert kept < 150e6, f"{kept / 1e6:.0f} MB kept"
    assert records <= max(4, max(len(r["networks"]) for r in session.header["reports"]))
    return f"{size:.2f} MB, code {code:.0f} kB, {kept / 1e6:.0f} MB kept of {records} records"


MOVES = """() => { window.times = [];
  document.querySelector('.map').addEventListener('pointermove', () => {
    const start = performance.now();
    requestAnimationFrame(() => { const port = new MessageChannel();
      port.port1.onmessage = () => times.push(performance.now() - start); port.port2.postMessage(0); });
  }, true); }"""


def by_finger(narrow, touch):
    """What a click, a drag with Shift and the space bar do has buttons."""
    def tap(name):
        # A tap right after a drag stops what the browser takes for a fling, and is no click.
        narrow.tab.wait_for_timeout(500)
        narrow.tab.locator(f"#{name}").tap()
    at = narrow.run("penumbra.state.at")
    tap("pin")
    narrow.until("at => penumbra.state.pin?.join() === at.join()", at)
    tap("pin")
    narrow.until("penumbra.state.pin === null")
    tap("corner")
    narrow.until("document.getElementById('corner').getAttribute('aria-pressed') === 'true'")
    touch("touchStart", 0.7, 0.7)
    touch("touchMove", 0.72, 0.72)
    touch("touchEnd", 0, 0)
    narrow.until("at => penumbra.state.at.join() !== at.join()", at)
    tap("corner")
    narrow.until("penumbra.state.box")
    box = narrow.run("penumbra.state.box")
    assert box[:2] == at and box[2] > box[0], f"region {box} from {at}"
    before = narrow.run("penumbra.state.at")
    tap("play")
    narrow.until("before => penumbra.state.at.join() !== before.join()", before)
    tap("play")
    narrow.until("document.getElementById('play').getAttribute('aria-pressed') === 'false'")


@check(25, "pointer to paint (reported); 390 pixels wide without sideways scrolling; a finger moves the occluder; without JavaScript picture and findings")
def motion(session):
    report = session.header["reports"][0]
    opened = session.open(f"#p={report['name']}")
    opened.run(MOVES)
    box = opened.tab.locator(".map canvas.base").first.bounding_box()
    for i in range(200):
        opened.tab.mouse.move(box["x"] + box["width"] * (0.1 + 0.8 * ((i * 37) % 200) / 200), box["y"] + box["height"] * (0.1 + 0.8 * i / 200))
    opened.tab.wait_for_timeout(200)
    times = sorted(opened.run("times"))
    opened.close()

    narrow = session.open(f"#p={report['name']}", width=390, height=844, has_touch=True, is_mobile=True)
    wide = narrow.run("document.documentElement.scrollWidth")
    assert wide <= 390, f"{wide} pixels wide"
    area = narrow.tab.locator("#picture-area")
    area.scroll_into_view_if_needed()
    box = area.bounding_box()
    client = narrow.tab.context.new_cdp_session(narrow.tab)
    before = narrow.run("penumbra.state.at")

    def touch(kind, x, y):
        points = [] if kind == "touchEnd" else [{"x": box["x"] + x * box["width"], "y": box["y"] + y * box["height"]}]
        client.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
    touch("touchStart", 0.2, 0.6)
    for k in range(8):
        touch("touchMove", 0.2 + 0.05 * k, 0.6)
    narrow.settle()
    at = narrow.run("penumbra.state.at")
    bubble = narrow.tab.locator("#bubble").bounding_box()
    finger = box["y"] + 0.6 * box["height"]
    assert at != before, "the occluder does not follow the finger"
    assert bubble and bubble["y"] + bubble["height"] < finger - 20, f"the numbers are under the finger: {bubble}, {finger}"
    touch("touchEnd", 0, 0)
    narrow.settle()
    assert narrow.tab.locator("#bubble").is_hidden()
    by_finger(narrow, touch)
    narrow.close()

    still = session.open(wait=False, java_script_enabled=False)
    still.tab.wait_for_timeout(200)
    assert still.tab.locator("#static img").bounding_box()["width"] > 200
    assert still.tab.locator("#static table").first.is_visible()
    assert session.header["reports"][0]["title"] in still.tab.locator("#static").inner_text()
    still.close()
    return f"pointer to paint {statistics.median(times):.1f} ms median, {times[-1]:.1f} ms at most, of {len(times)}"
