#!/usr/bin/env python3
"""Makes an explorer page from records, by docs/explorer.md: for the tests alone.

    pack.py OUT.html RECORD…            one file
    pack.py OUT/ RECORD… --folder       a page and one script a record
"""

import argparse
import base64
import hashlib
import html
import json
import pathlib
import re

import numpy as np
from PIL import Image

import words
from packing import Blocks
from records import mean_map_jpeg
from reports import ROOT, Report, grouped

FILES = ROOT / "Sources/Explorer"


class Body:
    """The built-in body of a thousand vertices."""

    name = "body"

    def __init__(self):
        self.used = False

    def header(self, blocks):
        a = np.load(ROOT / "Fixtures/body_1000.npz", allow_pickle=True)
        template, shapes = a["v_template"].astype(float), a["shapedirs"].astype(float)[..., :10]
        regressor, weights = a["J_regressor"].astype(float), a["weights"].astype(float)
        bones = np.argsort(-weights, axis=1)[:, :4]
        strengths = np.take_along_axis(weights, bones, 1)
        strengths /= strengths.sum(1, keepdims=True)
        rest = regressor @ template
        directions = np.einsum("jv,vcl->jcl", regressor, shapes)
        return {
            "vertices": len(template), "licence": "CC0", "parents": [int(p) if p < 24 else -1 for p in
                                                                     a["kintree_table"][0].astype(np.int64) & 0xFFFFFFFF],
            "template": blocks.array(template[None] * 1000, 0.5), "shapes": blocks.array(
                shapes.reshape(1, len(template), 30) * 1000, 0.1),
            "bones": blocks.array(bones[None], 1, ""), "weights": blocks.array(strengths[None], 0.001, ""),
            "faces": blocks.array(a["f"].astype(float)[None], 1, ""),
            "rest": np.round(rest.ravel() * 1000, 2).tolist(),
            "restShapes": np.round(directions.ravel() * 1000, 3).tolist(),
        }


def skeleton(data):
    places = {name: i for i, name in enumerate(data["joints"])}
    return {"joints": data["joints"], "titles": [words.title(j) for j in data["joints"]],
            "root": [r for r in data["root"]],
            "bones": [[places[a], places[b]] for a, b in data["bones"]],
            "mirror": [[places[a], places[b]] for a, b in data.get("mirror", [])],
            "groups": [{"title": g["name"], "joints": [places[j] for j in g["joints"]]}
                       for g in data.get("limbs") or data.get("groups", [])]}


def static_maps(group):
    """Mean maps of a report as pictures, for the first paint."""
    record = group[0]
    images = []
    if "picture" in record.arrays:
        images.append(Image.fromarray(record.arrays["picture"]).resize((220, 220)))
    name = "increase" if record.has_truth else "displacement"
    table = np.frombuffer(base64.b64decode(words.colour_maps()["change" if record.has_truth else "inferno"]),
                          np.uint8).reshape(256, 3)
    for r in group[:3]:
        mean = (r.mm["error"] - (r.mm["clean_error"] if name == "increase" else 0)).mean(-1)
        reach = max(np.nanmax(np.abs(mean)), 1)
        share = 0.5 + 0.5 * mean / reach if record.has_truth else mean / reach
        index = np.nan_to_num(np.rint(share * 255), nan=128).clip(0, 255).astype(int)
        images.append(Image.fromarray(table[index]).resize((220, 220), Image.NEAREST))
    return mean_map_jpeg(images)


def static_part(header, groups):
    """What is there without JavaScript: the maps as a picture and the findings as tables."""
    parts = []
    for report, group in zip(header["reports"], groups):
        parts.append(f"<section><h2>{html.escape(report['title'])}</h2><p>{html.escape(report['explanation'])}</p>")
        if len(parts) == 1:
            labels = " · ".join(n["label"] for n in report["networks"][:3])
            parts.append(f'<img alt="{html.escape(report["quantities"][0]["title"])} of {html.escape(labels)}" '
                         f'src="data:image/jpeg;base64,{static_maps(group)}">')
            parts.append(f"<p>{html.escape(report['quantities'][0]['reading'])}</p>")
        for table in report["tables"]:
            head = "".join(f"<th scope=col>{html.escape(c)}</th>" for c in table["columns"])
            rows = "".join("<tr><th scope=row>" + html.escape(r[0]) + "</th>" + "".join(
                f"<td>{html.escape(c)}</td>" for c in r[1:]) + "</tr>" for r in table["rows"])
            parts.append(f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>")
        parts.append("</section>")
    return "".join(parts)


def start(reports):
    """Where the page opens: the picture where the first two networks differ most, else that with the largest number; the
    worst position of its second network."""
    def mean(record):
        return record.mm["error"].mean(-1) - (np.mean(record.mm["clean_error"]) if record.has_truth else 0)

    def difference(report):
        pair = report.records[:2]
        if len(pair) < 2 or pair[0].mm["error"].shape != pair[1].mm["error"].shape or not report.same_positions(*pair):
            return None
        return float(np.nanmax(np.abs(mean(pair[1]) - mean(pair[0]))))
    differences = [difference(report) for report in reports]
    if all(d is None for d in differences):
        differences = [max(float(np.nanmax(mean(r))) for r in report.records) for report in reports]
    best = reports[max(range(len(reports)), key=lambda i: -np.inf if differences[i] is None else differences[i])]
    shown = best.records[:2]
    at = shown[-1].worst()[0] if best.records[0].mm["error"].shape == shown[-1].mm["error"].shape else (
        best.records[0].worst()[0])
    return {"p": best.stem, "at": f"{at[0]},{at[1]}"}


def tightened(line):
    """A line of a script without the spaces around signs, outside of its texts."""
    # What has another kind of quote or a slash may be a template or a pattern.
    if re.search(r'["`/\\]', line):
        return line
    parts = line.split("'")
    parts[::2] = [re.sub(r" ?([=,:?{}()<>&|*\[\]]+) ?", r"\1", part) for part in parts[::2]]
    return "'".join(parts)


def trimmed(text, is_code):
    """The lines without indentation, comment lines, and line breaks and spaces that nothing needs."""
    lines = [line.strip() for line in text.splitlines()]
    lines = [line for line in lines if line and not (is_code and line.startswith(("//", "/*", "*")))]
    result = ""
    for line in lines:
        line = tightened(line) if is_code else line
        joins = result.endswith(tuple("{}([,;=")) or line[0] in ")]}.?:&|" if is_code else True
        if is_code and line[0] == "}" and result.endswith(";"):
            result = result[:-1]
        result += line if joins or not result else "\n" + line
    return result + "\n"


def make(paths, folder=False, with_body=True, title=None, live=None):
    """The page's text, and the scripts of a folder by name."""
    blocks, pictures, skeletons = Blocks(), [], {}
    blocks.sources = {}
    groups = grouped(paths)
    for group in groups:
        for record in group:
            for data in record.skeletons.values():
                skeletons[data["name"]] = skeleton(data)
    body = Body() if with_body else None
    reports = [Report(g, blocks, skeletons, body, pictures, folder) for g in groups]
    header = {"format": 1, "reports": [r.header() for r in reports]}
    for report, group in zip(header["reports"], groups):
        if live:
            report["occlusion"] = {name: group[0].settings["occlusion"][name] for name in ("size", "shape", "fill")}
    has_body = any(n["body"] for r in header["reports"] for n in r["networks"])
    numbers = {}
    for report in header["reports"]:
        numbers[report["name"]] = numbers.get(report["name"], 0) + 1
        if numbers[report["name"]] > 1:
            report["name"] += f"-{numbers[report['name']]}"
    labels = list(dict.fromkeys(n["label"] for r in header["reports"] for n in r["networks"]))
    listed = labels[0] if len(labels) == 1 else " and ".join([", ".join(labels[:-1]), labels[-1]])
    has_truth = all(r["hasTruth"] for r in header["reports"])
    occluder = header["reports"][0]["occluder"]
    header.update({
        "title": title or (f"Where a {occluder} raises the error of {listed}" if has_truth
                           else f"Where a {occluder} moves {listed}"),
        "start": start(reports), "colourMaps": words.colour_maps(), "colours": words.COLOURS,
        "skeletons": skeletons, "bodies": {"body": body.header(blocks)} if has_body else {},
        "pictures": [{"block": blocks.add(data), "type": "image/jpeg"} for data in pictures],
        "words": {"clean": "clean {}", "missed": "nobody found", "mean": "mean over joints", "limit": "≥ ",
                  "approximate": "≈ ", "interpolated": "interpolated", "missing": "–", "minus": "−", "plus": "+",
                  "difference": "{a} minus {b}", "shortDifference": "minus {b}"},
        "notes": ["Values are kept in steps of 0.1 mm, joints in steps of 0.5 mm."], "glossary": [], "live": live,
    })
    style = "".join(trimmed(p.read_text(), False).replace(": ", ":").replace(" {", "{").replace(";}", "}") for p in sorted(FILES.glob("*.css")))
    order = (FILES / "order.txt").read_text().split()
    code = "(() => {\n'use strict';\n" + "".join(
        trimmed((FILES / name).read_text(), True) for name in order if live or name != "live.js") + "})();\n"
    hashes = [base64.b64encode(hashlib.sha256(t.encode()).digest()).decode() for t in (code, style)]
    policy = (f"default-src 'none'; script-src 'sha256-{hashes[0]}'" + (" 'self'" if folder else "")
              + f"; style-src 'sha256-{hashes[1]}'; img-src data: blob:; base-uri 'none'; form-action 'none'"
              + ("; connect-src 'self'" if live else ""))
    texts = {name: text for name, text in blocks.texts.items() if blocks.owner[name] is None}
    packed = "\n".join(f'<script type="application/octet-stream" id="{name}">{text}</script>'
                       for name, text in texts.items())
    text = json.dumps(header, ensure_ascii=False, separators=(",", ":"), sort_keys=True).replace("<", "\\u003c")
    page = (FILES / "page.html").read_text()
    parts = {"policy": policy, "title": html.escape(header["title"]), "style": style,
             "static": static_part(header, groups), "header": text, "code": code, "blocks": packed}
    page = re.sub(r"\{\{(\w+)\}\}", lambda found: parts[found[1]], page)
    scripts = {}
    for owner, path in blocks.sources.items():
        own = {name: text for name, text in blocks.texts.items() if blocks.owner[name] == owner}
        scripts[path] = ("window.penumbraBlocks = Object.assign(window.penumbraBlocks || {}, "
                         + json.dumps(own, separators=(",", ":")) + ");\n")
    return page, scripts


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("records", nargs="+", type=pathlib.Path)
    parser.add_argument("--folder", action="store_true")
    parser.add_argument("--no-body", action="store_true")
    parser.add_argument("--title")
    options = parser.parse_args()
    page, scripts = make(options.records, options.folder, not options.no_body, options.title)
    out = options.out / "index.html" if options.folder else options.out
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(page)
    for path, text in scripts.items():
        (out.parent / path).parent.mkdir(exist_ok=True)
        (out.parent / path).write_text(text)
    print(f"{out}: {out.stat().st_size / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
