"""Poses in space and over the crop."""

import numpy as np

from browser import Skip, check
from records import axis_angles


def with_joints(session):
    """A report whose first network has joints, its number and record."""
    for (i, k), record in session.networks.items():
        if k == 0 and "joints" in record.mm:
            return session.header["reports"][i], i, record
    raise Skip("no joints")


SPACE = "document.querySelector('#pose-area canvas').toDataURL()"
GREEN = """() => {
  const canvas = document.querySelector('#pose-area canvas');
  const data = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
  let count = 0;
  for (let i = 0; i < data.length; i += 4) if (data[i + 3] > 200 && data[i + 1] > data[i] + 25 && data[i + 1] > data[i + 2] + 10) count++;
  return count;
}"""


def middle_of(record):
    return [len(record.spans(axis)["centre"]) // 2 - 1 for axis in (0, 1)]


@check(10, "aligned: distances of drawn joints from the reference are R.error_pa")
def aligned(session):
    report, i, record = with_joints(session)
    name = next((q["name"] for q in report["quantities"] if q["aligned"] and not q["minusClean"]), None)
    if name is None or not record.has_truth:
        raise Skip("no ground truth")
    worst, offs = 0, []
    chance = np.random.default_rng(10)
    opened = session.open(f"#p={report['name']}&m={name}")
    for _ in range(12):
        at = [int(chance.integers(n)) for n in record.mm["error"].shape[:2]]
        opened.update(at=at)
        figures = opened.run("penumbra.space()")
        truth = next(f for f in figures if f["isReference"])
        for k, network in enumerate(report["networks"][:2]):
            own = session.networks[i, k]
            if own.mm["error_pa"].shape != record.mm["error_pa"].shape or network["measuredFrom"] is None:
                continue
            drawn = next(f for f in figures if f["label"] == network["label"] and not f["isReference"])
            points = np.array(drawn["points"]).reshape(-1, 3)[network["measuredFrom"]]
            distance = np.linalg.norm(points - np.array(truth["points"]).reshape(-1, 3), axis=1)
            off = np.abs(distance - own.mm["error_pa"][at[0], at[1]])
            worst = max(worst, off.max())
            offs.append(off.mean())
    opened.close()
    assert worst <= 1 and np.mean(offs) <= 0.3, f"off by {worst:.2f} mm, {np.mean(offs):.2f} on average"
    return f"at most {worst:.2f} mm, {np.mean(offs):.2f} mm on average"


def projected(points, camera, side):
    scale, x, y = (float(c) for c in camera)
    moved = points / 1000 + [x, y, 2 * 5000 / (side * scale + 1e-9)]
    return moved[:, :2] * (5000 / moved[:, 2:]) + side / 2


@check(11, "joints over the crop are within a pixel of the camera's projection")
def over_crop(session):
    report, i, record = with_joints(session)
    if "camera" not in record.arrays:
        raise Skip("no camera")
    worst = 0
    at = middle_of(record)
    opened = session.open(f"#p={report['name']}&at={at[0]},{at[1]}")
    for at in (at, [at[0] - 2, at[1] + 1], [1, 1], list(record.worst()[0])):
        opened.update(at=at)
        for figure in opened.run("penumbra.crop()"):
            points = np.array(figure["points"]).reshape(-1, 2)
            if figure["label"] is None:
                if not record.has_truth or "truth_camera" not in record.arrays:
                    continue
                expected = projected(record.mm["truth_joints"], record.arrays["truth_camera"].ravel(), record.side)
            else:
                k = next(k for k, n in enumerate(report["networks"]) if n["label"] == figure["label"])
                own = session.networks[i, k]
                if own.side != record.side or own.mm["joints"].shape[:2] != record.mm["joints"].shape[:2]:
                    continue
                expected = projected(own.mm["joints"][at[0], at[1]], own.arrays["camera"][at[0], at[1]], own.side)
            worst = max(worst, np.abs(points - expected).max())
    opened.close()
    assert 0 < worst <= 1, f"{worst} pixels"
    return f"at most {worst:.3f} pixels of the crop"


@check(12, "the body's joints are where the network's are")
def body(session):
    report, i, record = with_joints(session)
    if not report["networks"][0]["body"]:
        raise Skip("no body is packed")
    at = middle_of(record)
    opened = session.open(f"#p={report['name']}&s=body&at={at[0]},{at[1]}")
    opened.until("penumbra.body(0).arrays")
    angles = axis_angles(record.arrays["rotations"][at[0], at[1]]).ravel().tolist()
    betas = record.arrays["betas"][at[0], at[1]].ravel().tolist()
    posed = np.array(opened.run("([r, b]) => [...penumbra.body(0).posed(r, b).joints]", [angles, betas])).reshape(-1, 3)
    off = np.linalg.norm((posed - posed[0]) - (record.mm["joints"][at[0], at[1]] - record.mm["joints"][at[0], at[1]][0]), axis=1)
    truth = report["networks"][0]["truth"]
    if record.has_truth and "truth_rotations" in record.arrays:
        posed_truth = np.array(opened.run("([r, b]) => [...penumbra.body(0).posed(r, b).joints]", [truth["rotations"], truth["betas"]])).reshape(-1, 3)
        away = (posed_truth - posed_truth[0]) - (record.mm["truth_joints"] - record.mm["truth_joints"][0])
        assert np.linalg.norm(away, axis=1).max() < 25, "the body of the ground truth is another"
        # Its surface is drawn in its colour, and goes with its switch.
        drawn = [opened.run(GREEN)]
        opened.update(truth=False)
        drawn.append(opened.run(GREEN))
        opened.update(truth=True)
        assert drawn[0] > 1000 > 50 > drawn[1], f"{drawn} pixels of the ground truth"
    before = opened.run(SPACE)
    opened.update(pin=[1, 1])
    assert opened.run(SPACE) != before, "the pinned pose is not drawn"
    opened.update(pin=None)
    assert opened.run(SPACE) == before
    size = opened.run("penumbra.body(0).posed(penumbra.array(0, 'rotations') && new Array(72).fill(0), new Array(10).fill(0)).vertices.length")
    opened.close()
    # The body of a thousand vertices is the finer one simplified: its joints lie millimetres apart.
    assert off.max() < 25 and size == 3 * session.header["bodies"]["body"]["vertices"], f"{off.max():.1f} mm"
    return f"at most {off.max():.1f} mm"


@check(12, "front view is left-right and up-down; 90° bring depth across; a double click restores; bones keep their lengths")
def turntable(session):
    report, _, record = with_joints(session)
    opened = session.open(f"#p={report['name']}")

    def figure():
        return next(f for f in opened.run("penumbra.space()") if not f["isReference"])

    def correlation(flat, points, axes):
        flat, points = np.array(flat).reshape(-1, 2), np.array(points).reshape(-1, 3)
        return [np.polyfit(points[:, a], flat[:, i], 1, full=True)[1][0] if np.ptp(points[:, a]) > 1 else 0
                for i, a in enumerate(axes)]
    first = figure()
    assert max(correlation(first["flat"], first["points"], (0, 1))) < 1e-6, "front view"
    opened.tab.locator("#pose-area").scroll_into_view_if_needed()
    box = opened.tab.locator("#pose-area").bounding_box()
    x, y = box["x"] + box["width"] * 0.2, box["y"] + box["height"] * 0.9
    opened.tab.mouse.move(x, y)
    opened.tab.mouse.down()
    opened.tab.mouse.move(x + box["width"] / 2, y, steps=6)
    opened.tab.mouse.up()
    opened.settle()
    yaw = opened.run("penumbra.state.camera[0]")
    assert abs(abs(yaw) - 90) < 0.5, f"turned by {yaw}"
    opened.update(camera=[90, 0, 1])
    side = figure()
    assert max(correlation(side["flat"], side["points"], (2, 1))) < 1e-6, "side view"
    def lengths(columns, bones):
        return np.array([np.linalg.norm(columns[a] - columns[b]) for a, b in bones])
    front, across = (np.array(f["flat"]).reshape(-1, 2) for f in (first, side))
    seen = np.column_stack([front, across[:, :1]])
    truth = lengths(np.array(first["points"]).reshape(-1, 3), first["bones"])
    factors = lengths(seen, first["bones"])[truth > 1] / truth[truth > 1]
    assert np.ptp(factors) < 1e-6 * factors.mean(), "bones change their lengths"
    opened.tab.mouse.dblclick(box["x"] + 20, box["y"] + 20)
    opened.settle()
    assert opened.run("penumbra.state.camera") == [0, 0, 1]
    assert np.allclose(figure()["flat"], first["flat"])
    opened.close()
