"""The page's numbers are the record's."""

import base64

import numpy as np

from browser import Skip, check, number_of

LOAD = """async ([network, names]) => { await penumbra.load(network, names); }"""
ARRAY = """async ([network, name]) => {
  await penumbra.load(network, [name]);
  const array = penumbra.array(network, name);
  const bytes = new Uint8Array(array.numbers.buffer);
  let text = '';
  for (let i = 0; i < bytes.length; i += 32768) text += String.fromCharCode(...bytes.subarray(i, i + 32768));
  return [btoa(text), array.step, array.offset, array.planes];
}"""


def array(opened, network, name):
    """A decoded array of the page as numbers, `[positions, planes]`."""
    text, step, offset, planes = opened.run(ARRAY, [network, name])
    q = np.frombuffer(base64.b64decode(text), np.uint16).reshape(planes, -1).T
    return np.where(q == 65535, np.nan, offset + step * q), step


def each(session):
    """Every report with the page on it, and its networks with their records."""
    for i, report in enumerate(session.header["reports"]):
        opened = session.open(f"#p={report['name']}")
        yield opened, report, [session.networks[i, k] for k in range(len(report["networks"]))]
        opened.close()


@check(2, "numbers at 50 positions under the pointer are the means of R.error")
def hover(session):
    chance = np.random.default_rng(1)
    report = session.header["reports"][0]
    quantity = next(q["name"] for q in report["quantities"] if not q["minusClean"] and not q["aligned"])
    opened = session.open(f"#p={report['name']}&m={quantity}")
    records = [session.networks[0, k] for k in range(min(2, len(report["networks"])))]
    box = opened.tab.locator(".map canvas.base").first.bounding_box()
    lead, worst = records[0], 0
    rows, columns = lead.spans(0)["centre"], lead.spans(1)["centre"]
    for _ in range(50):
        r, c = int(chance.integers(len(rows))), int(chance.integers(len(columns)))
        inside = [min(max(x, 0.3), lead.side - 0.3) / lead.side for x in (columns[c], rows[r])]
        opened.tab.mouse.move(box["x"] + inside[0] * box["width"], box["y"] + inside[1] * box["height"])
        opened.settle()
        assert opened.run("penumbra.state.at") == [r, c], f"{opened.run('penumbra.state.at')} at {r}, {c}"
        shown = opened.numbers()
        for record, number in zip(records, shown):
            truth = record.mm["error"]
            if truth.shape != lead.mm["error"].shape:
                continue
            mean = truth[r, c].mean()
            if np.isnan(mean):
                continue
            worst = max(worst, abs(number - mean))
    opened.close()
    assert worst <= 0.05 + 0.05 + 1e-6, f"off by {worst} mm"
    return f"largest deviation {worst:.3f} mm"


@check(3, "all values of error and error_pa are the record's within half a step")
def errors(session):
    worst, count = 0, 0
    for opened, report, records in each(session):
        for k, record in enumerate(records):
            for name in ("error", "error_pa"):
                if name not in record.mm:
                    continue
                values, step = array(opened, k, name)
                truth = record.mm[name].reshape(values.shape)
                assert (np.isnan(values) == np.isnan(truth)).all(), "positions that were not measured differ"
                off = np.nanmax(np.abs(values - truth)) / step
                assert off <= 0.5 + 1e-3, f"{record.label} {name}: {off} steps"
                worst, count = max(worst, off), count + truth.size
        at = [len(records[0].spans(0)["centre"]) // 2, len(records[0].spans(1)["centre"]) // 3]
        quantity = next(q["name"] for q in report["quantities"] if not q["minusClean"] and not q["aligned"])
        shown = opened.run("([at, q]) => penumbra.value(at, 0, 0, q)", [at, quantity])
        truth = records[0].mm["error"][at[0], at[1], 0]
        assert np.isnan(truth) or abs(shown - truth) <= 0.05 + 1e-3
    assert any("0.1 mm" in note for note in session.header["notes"]), "the step is not written"
    return f"{count} values, at most {worst:.3f} steps"


@check(4, "joints are the record's within half a step, in its order and with its names")
def joints(session):
    worst = 0
    for opened, report, records in each(session):
        for k, record in enumerate(records):
            if "joints" not in record.mm:
                continue
            values, step = array(opened, k, "joints")
            worst = max(worst, np.nanmax(np.abs(values - record.mm["joints"].reshape(values.shape))) / step)
            at = [1, 2]
            truth = record.mm["joints"][1, 2].ravel()
            shown = opened.run("([at, k]) => { const j = penumbra.joints(at, k); return j && [...j]; }", [at, k])
            assert np.isnan(truth).any() or np.abs(np.array(shown) - truth).max() <= step / 2 + 1e-3
        names = session.header["skeletons"][report["measured"]]["joints"]
        assert names == records[0].joint_names, f"joints {names}"
    assert worst <= 0.5 + 1e-2, f"{worst} steps"
    return f"at most {worst:.3f} steps"


@check(6, "row and column are the record's; a pointer at a cell's edge takes the nearest centre")
def edges(session):
    record, report = session.networks[0, 0], session.header["reports"][0]
    opened = session.open(f"#p={report['name']}")
    assert np.allclose(report["networks"][0]["rows"]["centre"], record.arrays["row"])
    assert np.allclose(report["networks"][0]["columns"]["centre"], record.arrays["column"])
    box = opened.tab.locator(".map canvas.base").first.bounding_box()
    columns = record.spans(1)["centre"]
    scale = box["width"] / record.side
    for c in range(1, min(len(columns) - 1, 12)):
        edge = (columns[c] + columns[c + 1]) / 2
        for side, expected in ((-0.6, c), (0.6, c + 1)):
            opened.tab.mouse.move(box["x"] + edge * scale + side, box["y"] + box["height"] / 2)
            opened.settle()
            assert opened.run("penumbra.state.at[1]") == expected, f"column {c}, side {side}"
            assert f"column {expected}:" in opened.text("#where")
    rows = record.spans(0)["centre"]
    for r in range(1, min(len(rows) - 1, 12)):
        edge = (rows[r] + rows[r + 1]) / 2
        for side, expected in ((-0.6, r), (0.6, r + 1)):
            opened.tab.mouse.move(box["x"] + box["width"] / 2, box["y"] + edge * scale + side)
            opened.settle()
            assert opened.run("penumbra.state.at[0]") == expected, f"row {r}, side {side}"
            assert f"row {expected}," in opened.text("#where")
    opened.close()


@check(9, "error increase is the value minus clean; the table shows it")
def increase(session):
    report = session.header["reports"][0]
    if not report["hasTruth"]:
        raise Skip("no ground truth")
    record = session.networks[0, 0]
    at = [len(record.spans(0)["centre"]) // 2, len(record.spans(1)["centre"]) // 2]
    opened = session.open(f"#p={report['name']}&m=increase&at={at[0]},{at[1]}")
    rows = opened.tab.locator("#joints tbody tr").all()
    titles = session.header["skeletons"][report["measured"]]["titles"]
    seen = 0
    for row in rows[1:]:
        title = row.locator(".joint").inner_text()
        joint = titles.index(title)
        truth = record.mm["error"][at[0], at[1], joint] - record.mm["clean_error"][joint]
        shown = number_of(row.locator("td .value").first.inner_text())
        assert abs(shown - truth) <= 0.1 + 0.05 + 1e-6, f"{title}: {shown}, record {truth}"
        seen += 1
    opened.close()
    assert seen >= len(titles) - 1

    # Beside an error stands how much of it is due to the occluder.
    opened = session.open(f"#p={report['name']}&m=error&at={at[0]},{at[1]}")
    for row in [None, *opened.tab.locator("#joints tbody tr").all()[1:]]:
        text = opened.text(".map-panel .number") if row is None else row.locator("td .value").first.inner_text()
        error, rise = (number_of(part) for part in text.split("("))
        joints = slice(None) if row is None else titles.index(row.locator(".joint").inner_text())
        truth = record.mm["error"][at[0], at[1], joints].mean()
        clean = record.mm["clean_error"][joints].mean()
        assert abs(error - truth) <= 0.11 and abs(rise - (truth - clean)) <= 0.16, f"{text}, record {truth} {clean}"
    opened.close()
    return f"{seen} joints"


@check(13, "worst positions are the report's, and w goes through them in order")
def worst_positions(session):
    report = session.header["reports"][0]
    records = [session.networks[0, k] for k in range(min(2, len(report["networks"])))]
    opened = session.open(f"#p={report['name']}&at=0,0")
    expected = [(record, at) for record in records for at in record.worst()]
    texts = opened.tab.locator("#worst button").all_inner_texts()
    assert texts == [record.worst_text(at) for record, at in expected], f"{texts}"
    for record, at in expected:
        opened.press("w")
        shown = opened.run("penumbra.state.at")
        lead = records[0]
        if record.mm["error"].shape == lead.mm["error"].shape:
            assert shown == list(at), f"{shown} for {at}"
    if all(record.mm["error"].shape == records[0].mm["error"].shape for record in records):
        opened.press("W")
        assert opened.run("penumbra.state.at") == list(expected[-2][1]), opened.run("penumbra.state.at")
        opened.press("Shift+Space")
        assert opened.run("penumbra.state.at") == list(expected[-1][1]), "Shift and space do not play the worst positions"
        opened.press("w")
        assert opened.tab.locator("#play").get_attribute("aria-pressed") == "false"
    opened.close()
    return f"{len(expected)} positions"


@check(14, "a region's means and maxima are numpy's; an empty one clears")
def region(session):
    report, record = session.header["reports"][0], session.networks[0, 0]
    records = [session.networks[0, k] for k in range(min(2, len(report["networks"])))]
    records = [own for own in records if own.mm["error"].shape == record.mm["error"].shape]
    rows, columns = (len(record.spans(axis)["centre"]) for axis in (0, 1))
    box = [rows // 5, columns // 4, rows // 2, columns // 2 + 2]
    name = next(q["name"] for q in report["quantities"] if not q["minusClean"] and not q["aligned"])
    opened = session.open(f"#p={report['name']}&m={name}&box={','.join(map(str, box))}")
    inside = np.zeros((rows, columns), bool)
    inside[box[0]:box[2] + 1, box[1]:box[3] + 1] = True
    assert str(inside.sum()) in opened.text("#region-title")
    titles = session.header["skeletons"][report["measured"]]["titles"]
    for row in opened.tab.locator("#region tbody tr").all():
        title = row.locator("th").inner_text()
        cells = [number_of(c) for c in row.locator("td").all_inner_texts()]
        truth = []
        for own in records:
            error = own.mm["error"]
            values = error.mean(-1) if title not in titles else error[..., titles.index(title)]
            truth += [np.nanmean(values[inside]), np.nanmax(values[inside]), np.nanmean(values[~inside]),
                      np.nanmax(values[~inside])]
        assert np.abs(np.array(cells[:len(truth)]) - truth).max() <= 0.11, f"{title}: {cells}, numpy {truth}"
    area = opened.tab.locator(".map").first.bounding_box()
    opened.tab.keyboard.down("Shift")
    opened.tab.mouse.move(area["x"] + 40, area["y"] + 40)
    opened.tab.mouse.down()
    opened.tab.mouse.move(area["x"] + 120, area["y"] + 100, steps=4)
    opened.tab.mouse.up()
    opened.settle()
    brushed = opened.run("penumbra.state.box")
    assert brushed and brushed != box, f"brushed {brushed}"
    opened.tab.mouse.down()
    opened.tab.mouse.up()
    opened.tab.keyboard.up("Shift")
    opened.settle()
    assert opened.run("penumbra.state.box") is None
    assert opened.tab.locator("#region-panel").is_hidden()
    opened.close()
