"""Accessibility: axe, the live region, colours."""

import itertools

import numpy as np
from axe_playwright_python.sync_playwright import Axe

from browser import check

RULES = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}}


@check(18, "axe finds no violation of WCAG A and AA; the live region speaks once after ten quick arrows")
def axe(session):
    report = session.header["reports"][0]
    problems = []
    for scheme in ("light", "dark"):
        for hash, prepare in (("", None), ("&pin=3,3&at=5,5&g=1&box=1,1,6,6", None), ("", "?"), ("&embed=1", None), ("", "e")):
            opened = session.open(f"#p={report['name']}{hash}", color_scheme=scheme)
            if prepare:
                opened.press(prepare)
            found = Axe().run(opened.tab, options=RULES)
            problems += [f"{scheme} {hash}{prepare or ''}: {v['id']}: {v['nodes'][0]['html'][:160]}" for v in found.response["violations"]]
            opened.close()
    assert not problems, "; ".join(problems)
    opened = session.open(f"#p={report['name']}&at=5,5")
    opened.run("""() => { window.said = []; new MutationObserver(() => said.push(document.getElementById('say').textContent))
      .observe(document.getElementById('say'), {childList: true, characterData: true, subtree: true}); }""")
    opened.tab.locator(".map").first.focus()
    for _ in range(10):
        opened.tab.keyboard.press("ArrowRight")
    opened.tab.wait_for_timeout(900)
    said = opened.run("said")
    opened.close()
    assert len(said) == 1 and "column 15" in said[0] and "mm" in said[0], f"{said}"
    return said[0]


# Machado, Oliveira, Fernandes (2009), severity 1, linear colours.
DICHROMACIES = {
    "protanopia": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deuteranopia": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    "tritanopia": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
}


def lab(linear):
    xyz = np.array([[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750],
                    [0.0193339, 0.1191920, 0.9503041]]) @ np.clip(linear, 0, 1) / [0.95047, 1, 1.08883]
    f = np.where(xyz > 216 / 24389, np.cbrt(xyz), (24389 / 27 * xyz + 16) / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def least_distances(codes):
    """The least difference of any two colours for each way of seeing."""
    least = {}
    for a, b in itertools.combinations(codes, 2):
        for name, matrix in {"normal": np.eye(3), **DICHROMACIES}.items():
            both = []
            for code in (a, b):
                srgb = np.array([int(code[i:i + 2], 16) for i in (1, 3, 5)]) / 255
                linear = np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)
                both.append(lab(np.array(matrix) @ linear))
            least[name] = min(least.get(name, 1e9), float(np.linalg.norm(both[0] - both[1])))
    return least


@check(19, "two networks and ground truth differ by 20 ΔE under three dichromacies, four by 15; marks and dashes differ too")
def colours(session):
    report = session.header["reports"][0]
    truth = session.header["colours"]["truth"]
    least = least_distances([truth] + [n["colour"] for n in report["networks"][:2]])
    for name, distance in least.items():
        assert distance >= 20, f"ΔE {distance:.1f} for {name}"
    if "four" in session.state_paths:
        four(session, truth)
    opened = session.open(f"#p={report['name']}")
    marks = opened.run("[...document.querySelectorAll('#pose-key .chip path')].map(p => p.getAttribute('d'))")
    names = opened.tab.locator("#pose-key .entry").all_inner_texts()
    opened.close()
    assert len(set(marks)) == len(marks) >= 2, "marks of one shape"
    assert all(name.strip() for name in names)
    return ", ".join(f"{name} {distance:.0f}" for name, distance in least.items())


def four(session, truth):
    """Four networks are told apart by shape and dash; their colours are as far from one another as five can be."""
    path, header, _ = session.state("four")
    networks = header["reports"][0]["networks"]
    for name, distance in least_distances([truth] + [n["colour"] for n in networks]).items():
        assert distance >= 15, f"four networks: ΔE {distance:.1f} for {name}"
    labels = ",".join(n["label"] for n in networks)
    opened = session.open(f"#n={labels}", path=path)
    marks = opened.run("[...document.querySelectorAll('#pose-key .chip path')].map(p => p.getAttribute('d'))")
    dashes = opened.run("penumbra.space().filter(f => !f.isReference).map(f => f.dash.join())")
    opened.close()
    assert len(set(marks)) == len(marks) == 5, f"{marks}"
    assert len(set(dashes)) == len(dashes) == 4, f"{dashes}"
