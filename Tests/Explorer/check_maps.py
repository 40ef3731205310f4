"""What the maps and the picture show, pixel by pixel."""

import numpy as np

from browser import Skip, check, decoded_table, number_of

PIXEL = """([selector, which, points]) => {
  const canvas = document.querySelectorAll(selector)[which];
  const ratio = canvas.width / canvas.clientWidth;
  const context = canvas.getContext('2d');
  return points.map(([x, y]) => [...context.getImageData(Math.floor(x * ratio), Math.floor(y * ratio), 1, 1).data]);
}"""


def pixels(opened, selector, which, points):
    return [tuple(p[:3]) for p in opened.run(PIXEL, [selector, which, points])]


def expected_colour(header, key, value):
    table = decoded_table(header, key["colours"])
    if key["signed"]:
        reach = max(abs(key["low"]), abs(key["high"]))
        share = 0.5 + 0.5 * min(max(value, key["low"]), key["high"]) / reach
    else:
        share = (value - key["low"]) / (key["high"] - key["low"])
    return [table[i] for i in {int(np.clip(np.floor(255 * share + d), 0, 255)) for d in (0.3, 0.5, 0.7)}]


def cell_points(record, at, scale):
    """Five points of a cell, in pixels of the canvas."""
    rows, columns = record.spans(0)["centre"], record.spans(1)["centre"]
    step = (columns[1] - columns[0]) * scale * 0.3
    x, y = columns[at[1]] * scale, rows[at[0]] * scale
    return [[max(0, x + dx), max(0, y + dy)] for dx, dy in ((0, 0), (step, step), (-step, step), (step, -step), (-step, -step))]


def matches(opened, session, record, which, key, values, cells):
    """Asserts that cells have the colours of their values on the legend."""
    scale = opened.run("document.querySelectorAll('.map canvas.base')[0].clientWidth") / record.side
    for at in cells:
        found = pixels(opened, ".map canvas.base", which, cell_points(record, at, scale))
        wanted = expected_colour(session.header, key, values[at])
        near = min(max(abs(a - b) for a, b in zip(pixel, colour)) for pixel in found for colour in wanted)
        assert near <= 1, f"at {at}: {found[0]}, expected {wanted[0]} for {values[at]:.1f}"


def some_cells(record, count, seed):
    chance = np.random.default_rng(seed)
    shape = record.mm["error"].shape
    found = []
    while len(found) < count:
        at = tuple(int(chance.integers(1, n - 1)) for n in shape[:2])
        if not np.isnan(record.mm["error"][at]).any():
            found.append(at)
    return found


@check(5, "the occluder covers exactly the pixels of R's window, clipped at borders, in its colour")
def occluder(session):
    record, report = session.networks[0, 0], session.header["reports"][0]
    network = report["networks"][0]
    rows, columns = record.spans(0), record.spans(1)
    fill = network["occluder"]["fill"]["colour"]
    wanted = tuple(int(fill[i:i + 2], 16) for i in (1, 3, 5))
    last = [len(rows["centre"]) - 1, len(columns["centre"]) - 1]
    seen = 0
    for at in ([0, 0], [0, last[1]], [last[0], 0], last, [last[0] // 2, 0], [last[0] // 2, last[1]], [2, last[1] - 2],
               [last[0] - 3, 3], [last[0] // 3, last[1] // 2]):
        opened = session.open(f"#p={report['name']}&at={at[0]},{at[1]}") if not seen else opened
        opened.update(at=at)
        window = [columns["start"][at[1]], rows["start"][at[0]], columns["end"][at[1]], rows["end"][at[0]]]
        assert opened.run("([at]) => penumbra.window(at, 0)", [at]) == window, f"window at {at}"
        size = opened.run("document.querySelector('#picture-area canvas').clientWidth")
        scale = size / record.side
        people = [p for figure in opened.run("penumbra.crop()") for p in zip(figure["points"][::2], figure["points"][1::2])]
        for cx, inward in ((window[0], 1), (window[2], -1)):
            for cy, down in ((window[1], 1), (window[3], -1)):
                if any(abs(x - cx) < 14 and abs(y - cy) < 14 for x, y in people):
                    continue
                inside = [cx * scale + 3.5 * inward, cy * scale + 3.5 * down]
                outside = [cx * scale - 3.5 * inward, cy * scale - 3.5 * down]
                colour = pixels(opened, "#picture-area canvas", 0, [inside])[0]
                assert max(abs(a - b) for a, b in zip(colour, wanted)) <= 1, f"{colour} inside at {at}, corner {cx},{cy}"
                if 0 < outside[0] < size and 0 < outside[1] < size:
                    colour = pixels(opened, "#picture-area canvas", 0, [outside])[0]
                    assert max(abs(a - b) for a, b in zip(colour, wanted)) > 1, f"fill outside at {at}"
                seen += 1
    opened.close()
    assert seen >= 12, f"only {seen} corners are free of skeletons"
    return f"{seen} corners"


def check_marks(session, report, quantity):
    """Clean numbers on the legend of the mean map have the colour, shape and name of their network."""
    key = quantity["keys"][quantity["networks"][0]["mean"]]
    if not key.get("marks"):
        return
    opened = session.open(f"#p={report['name']}&m={quantity['name']}")
    found = opened.run("""() => [...document.querySelector('.map-panel .track').querySelectorAll('.mark')].map(mark =>
      [mark.title, mark.querySelector('path').getAttribute('fill'), mark.querySelector('path').getAttribute('d'),
       getComputedStyle(mark).borderLeftColor])""")
    networks = [report["networks"][mark["network"]] for mark in key["marks"]]
    assert [f[1] for f in found] == [n["colour"] for n in networks], f"{found}"
    assert all(f[0].startswith(n["label"] + ", clean ") for f, n in zip(found, networks)), f"{found}"
    assert len({f[2] for f in found}) == len(found) == len({f[3] for f in found}), f"{found}"
    opened.close()


@check(7, "a joint's map has the colours of R.error on the written scale; marks are their networks'")
def joint_colours(session):
    record, report = session.networks[0, 0], session.header["reports"][0]
    joint = min(20, len(record.joint_names) - 1)
    for quantity in report["quantities"]:
        name = quantity["name"]
        values = record.mm[quantity["array"]][..., joint]
        if quantity["minusClean"]:
            values = values - record.mm["clean_" + quantity["array"]][joint]
        opened = session.open(f"#p={report['name']}&m={name}&j={record.joint_names[joint]}")
        own = quantity["networks"][0]
        key = quantity["keys"][own["joint"][joint] if isinstance(own["joint"], list) else own["joint"]]
        matches(opened, session, record, 0, key, values, some_cells(record, 10, joint))
        ticks = opened.tab.locator(".map-panel .legend").first.locator(".ticks span").all_inner_texts()
        assert ticks[0] == key["ticks"][0]["text"] and ticks[-1] == key["ticks"][-1]["text"], f"{ticks}"
        assert key["title"] in opened.text(".map-panel .legend .what")
        opened.close()
        check_marks(session, report, quantity)
    return f"{len(report['quantities'])} quantities"


@check(8, "the difference is the second minus the first, in sign and colour; swapping flips it")
def difference(session):
    report = session.header["reports"][0]
    if len(report["networks"]) < 2:
        raise Skip("one network")
    a, b = session.networks[0, 0], session.networks[0, 1]
    if a.mm["error"].shape != b.mm["error"].shape:
        raise Skip("unequal grids")
    quantity = report["quantities"][0]

    def values(record):
        clean = record.mm["clean_" + quantity["array"]].mean() if quantity["minusClean"] else 0
        return record.mm[quantity["array"]].mean(-1) - clean
    delta = values(b) - values(a)
    opened = session.open(f"#p={report['name']}&m={quantity['name']}")
    found = next(d for d in quantity["differences"] if d["of"] == 1 and d["minus"] == 0)
    key = quantity["keys"][found["mean"]]
    cells = some_cells(a, 10, 8)
    matches(opened, session, a, 2, key, delta, cells)
    assert key["title"] in opened.text(".difference .legend .what"), "the order is not written"
    opened.update(at=list(cells[0]))
    before = number_of(opened.text(".difference .number"))
    assert abs(before - delta[cells[0]]) <= 0.15 + 1e-6, f"{before}, record {delta[cells[0]]}"
    opened.press("n")
    assert number_of(opened.text(".difference .number")) in (-before, before * -1)
    matches(opened, session, a, 2, key, -delta, cells)
    assert key["reverse"] in opened.text(".difference .legend .what")
    opened.close()


@check(27, "attention has the colours of R's, as a share of the joint's maximum")
def attention(session):
    found = next(((i, k) for (i, k), r in session.networks.items() if "attention_worst" in r.arrays), None)
    if found is None:
        raise Skip("no network has attention")
    record, report = session.networks[found], session.header["reports"][found[0]]
    network = report["networks"][found[1]]
    joint = next(j for j in (20, 7, 1, 0) if j < len(record.joint_names) and network["attention"]["joints"][j] is not None)
    maps = np.concatenate([record.arrays["attention_clean"][None], record.arrays["attention_worst"]])
    own = maps[..., network["attention"]["joints"][joint]].astype(float)
    shares = own / own.max()
    opened = session.open(f"#p={report['name']}&j={record.joint_names[joint]}&n={network['label'].replace('&', '%26')}")
    opened.tab.wait_for_selector("#attention figure")
    opened.tab.wait_for_timeout(400)
    texts = opened.tab.locator("#attention figcaption").all_inner_texts()
    assert all(text.startswith(title) for text, title in zip(texts, network["attention"]["titles"])), f"{texts}"
    assert len(texts) == len(shares)
    size = opened.run("document.querySelector('#attention canvas').clientWidth")
    rows, columns = shares.shape[1:]
    seen = 0
    for which in range(len(shares)):
        order = np.argsort(-shares[which].ravel())[[0, 1, 2, 40, 200, rows * columns - 1]]
        for r, c in zip(*np.unravel_index(order, (rows, columns))):
            scale = (size / columns, size / rows)
            points = [[(c + x) * scale[0], (r + y) * scale[1]] for x, y in ((0.5, 0.5), (0.25, 0.25), (0.75, 0.25), (0.25, 0.75), (0.75, 0.75))]
            wanted = expected_colour(session.header, network["attention"]["key"], shares[which, r, c])
            near = min(max(abs(a - b) for a, b in zip(p, colour)) for p in pixels(opened, "#attention canvas", which, points)
                       for colour in wanted)
            assert near <= 3, f"map {which}, {r}, {c}: share {shares[which, r, c]:.3f}"
            seen += 1
    opened.close()
    return f"{seen} cells of {len(shares)} maps"


SAVED = """async () => {
  const image = document.querySelector('#dialog img');
  await image.decode();
  const canvas = document.createElement('canvas');
  [canvas.width, canvas.height] = [image.naturalWidth, image.naturalHeight];
  const context = canvas.getContext('2d');
  context.drawImage(image, 0, 0);
  const bars = [0, 1, 2, 3].map(panel => {
    const data = context.getImageData(24 + 504 * panel, 564, 480, 1).data;
    return [...Array(480).keys()].map(i => [...data.subarray(4 * i, 4 * i + 3)]);
  });
  return [canvas.width, canvas.height, bars];
}"""


@check(29, "the saved picture has the colours of every legend, and what the marks of the poses stand for")
def saved(session):
    report = session.header["reports"][0]
    quantity = report["quantities"][0]
    opened = session.open(f"#p={report['name']}")
    panels = opened.tab.locator("#views .square:visible").count() - opened.tab.locator("#attention .square:visible").count()
    opened.tab.locator("#save").click()
    opened.tab.wait_for_selector("#dialog img")
    width, height, bars = opened.run(SAVED)
    assert width == 24 + 504 * panels, f"{width} pixels for {panels} panels"
    key = quantity["keys"][quantity["networks"][0]["mean"]]
    for share in (0.1, 0.3, 0.6, 0.9):
        colour = bars[1][int(480 * share)]
        wanted = expected_colour(session.header, key, key["low"] + share * (key["high"] - key["low"]))
        # The bar is stretched, so a pixel may be of a neighbouring colour.
        assert min(max(abs(a - b) for a, b in zip(colour, w)) for w in wanted) <= 12, f"{colour}, {wanted} at {share}"
    networks = report["networks"][:2]
    for code in [session.header["colours"]["truth"], *(n["colour"] for n in networks)] if report["hasTruth"] else []:
        colour = [int(code[i:i + 2], 16) for i in (1, 3, 5)]
        assert any(max(abs(a - b) for a, b in zip(colour, c)) <= 4 for c in bars[0]), f"no mark of {code} under the crop"
    opened.close()
    return f"{width} × {height} pixels"
