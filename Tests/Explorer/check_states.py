"""Other kinds of records, hostile names, damaged files."""

import re
import subprocess

import numpy as np

import derive
from browser import Skip, check, header_of

CONTENT = """() => [...document.querySelectorAll('#views .square canvas.base')].filter(c => c.clientWidth).map(c => {
  const data = c.getContext('2d').getImageData(0, 0, c.width, c.height).data;
  const seen = new Set();
  for (let i = 0; i < data.length && seen.size < 8; i += 4 * 97) seen.add(data[i] << 16 | data[i + 1] << 8 | data[i + 2]);
  return [c.closest('.panel').querySelector('h2').textContent, seen.size];
})"""


def visible_text(opened):
    return opened.run("document.getElementById('app').innerText")


def opens(session, name, **options):
    """The page of a state, after the checks that hold for each."""
    path, header, networks = session.state(name)
    opened = session.open(path=path, **options)
    assert not opened.complaints, f"{name}: {opened.complaints}"
    assert opened.tab.locator("#notice").is_hidden(), f"{name}: {opened.text('#notice-text')}"
    for title, colours in opened.run(CONTENT):
        assert colours > 1, f"{name}: the frame of {title} is empty"
    for region in opened.tab.locator("#views .panel:visible").all():
        assert region.inner_text().strip(), f"{name}: an empty panel"
    return opened, header, networks


@check(20, "no truth, one network, no attention, few joints, adaptive, unequal grids, four networks, a disc: each says so", needs=("all",))
def states(session):
    seen = []
    for name in ("no-truth", "two-without-truth"):
        opened, header, _ = opens(session, name)
        opened.press("?")
        text = visible_text(opened)
        opened.press("Escape", "e")
        text += visible_text(opened) + opened.run("document.title") + opened.run("document.getElementById('static').textContent")
        for word in ("error", "MPJPE"):
            found = re.search(rf".{{0,40}}{word}.{{0,20}}", text, re.I)
            assert not found, f"{name}: “{found[0]}”"
        assert "displacement" in text and "clean prediction" in text
        if name == "no-truth":
            assert "nobody found" in text
            assert opened.tab.locator("#attention-panel").is_hidden()
            assert "blazepose" in text and len(header["skeletons"][header["reports"][0]["measured"]]["joints"]) == 33
        opened.close()
        seen.append(name)

    opened, header, _ = opens(session, "one")
    assert opened.tab.locator(".map-panel:visible").count() == 1 and opened.tab.locator("#swap").is_hidden()
    opened.press("n", "d", "w", "j")
    assert not opened.complaints, opened.complaints
    opened.close()

    opened, header, networks = opens(session, "few-joints")
    joints = len(header["skeletons"][header["reports"][0]["measured"]]["joints"])
    assert opened.tab.locator("#joints tbody tr").count() == joints + 1
    drawn = next(f for f in opened.run("penumbra.space()") if not f["isReference"])
    assert len(drawn["points"]) // 3 > joints, "the skeleton has the network's own joints"
    opened.close()

    opened, header, networks = opens(session, "adaptive")
    computed = networks[0, 0].arrays["computed"]
    at = [int(x) for x in next(zip(*(computed == 0).nonzero()))]
    opened.update(at=at)
    text = opened.text(".map-panel .number")
    assert "interpolated" in text, text
    at = [int(x) for x in next(zip(*(computed == 1).nonzero()))]
    opened.update(at=at)
    assert "interpolated" not in opened.text(".map-panel .number")
    assert "≥" in opened.text(".map-panel .sub") and "Dotted" in opened.text(".map-panel .foot")
    opened.close()

    opened, header, networks = opens(session, "unequal")
    shapes = {networks[0, k].mm["error"].shape[:2] for k in (0, 1)}
    assert len(shapes) == 2, "the grids are equal"
    assert opened.tab.locator(".map-panel:visible").count() == 3
    assert "no difference" in opened.text(".difference .foot")
    opened.press("n", "ArrowRight")
    assert not opened.complaints, opened.complaints
    opened.close()

    opened, header, networks = opens(session, "four")
    assert opened.tab.locator("#networks input").count() == 4
    assert opened.tab.locator("#attention .figures").count() == 1
    opened.tab.locator("#networks input").nth(2).check()
    opened.tab.locator("#networks input").nth(3).check()
    opened.settle()
    assert opened.tab.locator(".map-panel:visible").count() == 5
    assert len(opened.run("penumbra.hash").split("n=")[1].split("&")[0].split(",")) == 4
    opened.until("document.querySelectorAll('#attention figure').length >= 4")
    titles = opened.tab.locator("#attention h2").all_inner_texts()
    assert [t.split(":")[0] for t in titles] == ["attention", "twice"], f"{titles}"
    opened.close()

    opened, header, networks = opens(session, "disc")
    assert header["reports"][0]["networks"][0]["occluder"]["fill"]["colour"] == "#000000"
    opened.close()
    own_scales(session)
    return ", ".join(seen + ["one", "few-joints", "adaptive", "unequal", "four", "disc"])


def own_scales(session):
    """Where every joint has a scale of its own, each small map has its legend, and there is none for all."""
    if not session.program:
        return
    out = session.path.parent / "scales.html"
    subprocess.run([session.program, "report", *[str(p) for p in session.state_paths["one"]], "--scale", "joint", "--html", str(out)],
                   check=True, stdout=subprocess.DEVNULL)
    quantity = header_of(out)["reports"][0]["quantities"][0]
    numbers = quantity["networks"][0]["joint"]
    assert isinstance(numbers, list)
    opened = session.open("#g=1", path=out)
    texts = opened.tab.locator("#grid .scale > span").all_inner_texts()
    maps = opened.tab.locator("#grid .multiple").count()
    assert len(texts) == maps > 20 and opened.tab.locator("#grid .legend").count() == 0
    first = quantity["keys"][numbers[1]]["ticks"]
    assert texts[0].split() == f"{first[0]['text']} {first[-1]['text']}".split(), f"{texts[0]}, {first}"
    opened.close()
    out.unlink()


@check(20, "the 14 evaluation joints, and a list of positions: numbers, both skeletons, no empty frame")
def other_kinds(session):
    index, record = next(((i, r) for (i, k), r in session.networks.items() if k == 0 and r.has_truth
                          and r.settings["measured"] == "smpl24"), (None, None))
    if record is None:
        raise Skip("no ground truth over SMPL's joints")
    page = session.path.parent / "kinds.html"
    for kind in (derive.fourteen, derive.listed):
        page.write_text(derive.page_of(kind(record.path)))
        opened = session.open(path=page)
        assert not opened.complaints, f"{kind.__name__}: {opened.complaints}"
        for title, colours in opened.run(CONTENT):
            assert colours > 1, f"{kind.__name__}: the frame of {title} is empty"
        opened.tab.locator(".map").first.focus()
        opened.press("ArrowRight", "Enter", "ArrowDown", "w", "]", "a", "j")
        opened.tab.wait_for_timeout(600)
        assert opened.numbers()[0] is not None and not opened.complaints, f"{kind.__name__}: {opened.complaints}"
        drawn = sorted(len(f["points"]) // 3 for f in opened.run("penumbra.space()") if not f["isGhost"])
        assert drawn == ([14, 24] if kind is derive.fourteen else [24, 24]), f"{drawn}"
        if kind is derive.fourteen:
            assert opened.tab.locator("#joints tbody tr").count() == 15
            assert "cannot be fitted" in opened.text("#pose-note")
        else:
            brush_list(opened, header_of(page)["reports"][0]["networks"][0])
        opened.close()
    page.unlink()


def brush_list(opened, network):
    """A region brushed over a list is the rectangle that is drawn, and no run of the list."""
    box = opened.tab.locator(".map").first.bounding_box()
    opened.tab.keyboard.down("Shift")
    opened.tab.mouse.move(box["x"] + 0.25 * box["width"], box["y"] + 0.75 * box["height"])
    opened.tab.mouse.down()
    opened.tab.mouse.move(box["x"] + 0.7 * box["width"], box["y"] + 0.3 * box["height"], steps=4)
    opened.tab.mouse.up()
    opened.tab.keyboard.up("Shift")
    opened.settle()
    _, a, _, b = opened.run("penumbra.state.box")
    x, y = (np.array(network[axis]["centre"]) for axis in ("columns", "rows"))
    inside = np.ones(len(x), bool)
    for centres in (x, y):
        inside &= (centres >= min(centres[a], centres[b])) & (centres <= max(centres[a], centres[b]))
    title = opened.text("#region-title")
    assert 2 < inside.sum() < abs(b - a) and f"{inside.sum()} of {len(x)}" in title, f"{title}, numpy {inside.sum()}"


@check(21, "hostile names are shown as text; a policy is there; no eval, no innerHTML", needs=("hostile",))
def hostile(session):
    text = session.path.read_text()
    assert "Content-Security-Policy" in text and "default-src 'none'" in text
    code = re.search(r"<script>(.*?)</script>", text, re.S)[1]
    for word in ("eval(", "innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "new Function", "http://", "https://"):
        assert word not in code.replace("http://www.w3.org/2000/svg", ""), word
    opened, header, _ = opens(session, "hostile")
    assert opened.run("document.querySelectorAll('img[src=x], b').length") == 0
    assert "<b>gap&amp;\"'" in visible_text(opened), "the name is not shown as it is"
    opened.press("e")
    assert header["reports"][0]["title"] in opened.run("document.getElementById('dialog').textContent + document.getElementById('static').textContent")
    opened.close()
    return header["reports"][0]["title"]


@check(22, "a wrong byte: that record is named as damaged and the others work; half a file: a sentence, not a blank page")
def damage(session):
    text = session.path.read_text()
    report = session.header["reports"][0]
    block = report["networks"][0]["arrays"]["error"]["block"]
    found = re.search(rf'<script type="application/octet-stream" id="{block}">', text)
    at = found.end() + 200
    broken = text[:at] + ("A" if text[at] != "A" else "B") + text[at + 1:]
    path = session.path.parent / "damaged.html"
    path.write_text(broken)
    opened = session.open(f"#p={report['name']}", path=path)
    notice = opened.text("#notice-text")
    assert report["networks"][0]["label"] in notice and report["title"] in notice and "damaged" in notice, notice
    if len(report["networks"]) > 1:
        assert opened.numbers()[1] is not None, "the other network shows nothing"
    if len(session.header["reports"]) > 1:
        opened.run("penumbra.update({report: 1, at: [2, 2]})")
        opened.ready()
        assert all(n is not None for n in opened.numbers()), opened.numbers()
    opened.close()
    for share in (0.5, 0.99, 0.02):
        path.write_text(text[:int(len(text) * share)])
        opened = session.open(path=path, wait=False)
        opened.tab.wait_for_timeout(1500)
        words = opened.run("document.body.innerText").strip()
        assert len(words) > 60 and re.search("damaged|missing|cut off", words), f"at {share}: “{words[:200]}”"
        opened.close()
    path.unlink()
    return notice
