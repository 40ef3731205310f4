"""The reports of a page's header: records of one picture with their words, legends and scales."""

import json
import pathlib

import numpy as np

import words
from records import Record, axis_angles

ROOT = pathlib.Path(__file__).resolve().parents[2]


def grouped(paths):
    """Records of one picture and one occlusion together."""
    groups = {}
    for path in paths:
        record = Record(path)
        s = record.settings
        name = (s["picture"]["fingerprint"], json.dumps(s["occlusion"]), s["measured"], record.has_truth)
        groups.setdefault(name, []).append(record)
    return list(groups.values())


class Report:
    """One picture and what networks made of it."""

    def __init__(self, records, blocks, skeletons, bodies, pictures, split):
        self.records, self.blocks, self.split = records, blocks, split
        self.skeletons, self.bodies, self.pictures = skeletons, bodies, pictures
        self.has_truth = records[0].has_truth
        self.stem = pathlib.Path(records[0].settings["picture"]["name"]).stem
        seen = {}
        self.labels = []
        for record in records:
            seen[record.label] = seen.get(record.label, 0) + 1
            self.labels.append(record.label if seen[record.label] == 1 else f"{record.label} ({seen[record.label]})")

    def header(self):
        first = self.records[0]
        networks = [self.network(i) for i in range(len(self.records))]
        names = ["increase", "error", "pa-increase", "pa-error"] if self.has_truth else ["displacement",
                                                                                        "pa-displacement"]
        names += ["uncertainty", "confidence"]
        quantities = [q for q in (self.quantity(name) for name in names) if q]
        skeleton = self.skeletons[first.settings["measured"]]
        occluder = first.word()
        result = {
            "name": self.stem, "title": first.settings["picture"]["name"],
            "explanation": first.sizes() if len(self.records) == 1 else self.sizes(),
            "hasTruth": self.has_truth, "occluder": occluder,
            "reference": "ground truth" if self.has_truth else "clean prediction",
            "worstTitle": f"Worst positions of the {occluder}",
            "worstNote": "The maxima of the mean " + ("error" if self.has_truth else "displacement")
                         + f" over the joints; the {first.words()} do not overlap.",
            "measured": first.settings["measured"],
            "rootJoint": skeleton["root"][0] if len(skeleton["root"]) == 1 else None,
            "quantities": quantities, "networks": networks, "tables": [self.headlines(), self.joint_table()],
            "caveat": "≥ is at least: of an adaptive sweep not every position is computed, and the true maximum may be "
                      "larger." if any(r.is_adaptive for r in self.records) else None,
        }
        return result

    def sizes(self):
        texts = list(dict.fromkeys(record.sizes() for record in self.records))
        return "; ".join(texts)

    # Arrays

    def network(self, index):
        r = self.records[index]
        blocks = self.blocks
        blocks.current = f"{self.stem}.{r.label}" if self.split else None
        height, width = r.occluder()
        f = r.frame
        arrays = {"error": blocks.array(r.mm["error"], 0.1)}
        clean = {"error": tenths(r.mm["clean_error"])}
        if "error_pa" in r.mm:
            arrays["error_pa"] = blocks.array(r.mm["error_pa"], 0.1)
            clean["error_pa"] = tenths(r.mm["clean_error_pa"])
        if "joints" in r.mm:
            j = r.mm["joints"]
            arrays["joints"] = blocks.array(j.reshape(*j.shape[:2], -1), 0.5)
            clean["joints"] = tenths(r.mm["clean_joints"])
        if "camera" in r.arrays:
            arrays["camera"] = blocks.array(r.arrays["camera"], 1e-4, "")
            clean["camera"] = [round(float(x), 5) for x in r.arrays["clean_camera"].ravel()]
        for name, step, unit in (("uncertainty", 0.1, "mm"), ("confidence", 0.001, "")):
            if r.reported(name) is not None:
                arrays[name] = blocks.array(r.reported(name), step, unit)
        if "computed" in r.arrays and not r.arrays["computed"].all():
            arrays["computed"] = blocks.array(r.arrays["computed"], 1, "")
        if "body_mask" in r.arrays:
            arrays["outline"] = blocks.array(r.arrays["body_mask"], 1, "")
        body = self.body(r, arrays, clean)
        result = {
            "label": self.labels[index], "colour": words.NETWORKS[index % 6],
            "frame": {"side": r.side},
            "toPicture": [f["width"] / r.side, 0, 0, f["height"] / r.side, f["x"], f["y"]],
            "picture": self.picture(r),
            "occluder": {"shape": r.shape(), "height": height, "width": width, "fill": r.fill()},
            "isList": getattr(r, "is_list", False), "rows": r.spans(0), "columns": r.spans(1), "skeleton": r.settings["skeleton"],
            "measuredFrom": r.measured_from(), "clean": clean, "truth": self.truth(r), "arrays": arrays, "body": body,
            "worst": [{"at": list(at), "text": r.worst_text(at)} for at in r.worst()],
            "visibility": r.visibility(), "lowerLimit": r.is_adaptive, "attention": self.attention(r),
            "facts": self.facts(r),
        }
        if r.is_adaptive and "mean_mm" in (r.notes.get("interpolation") or {}):
            result["interpolation"] = "± " + words.number(r.notes["interpolation"]["mean_mm"]) + " mm"
        if self.split:
            result["source"] = f"data/{len(self.blocks.sources)}.js"
            self.blocks.sources[blocks.current] = result["source"]
        blocks.current = None
        return result

    def truth(self, r):
        if "truth_joints" not in r.mm:
            return None
        camera = r.arrays.get("truth_camera")
        truth = {"joints": tenths(r.mm["truth_joints"]),
                 "camera": None if camera is None else [round(float(x), 5) for x in camera.ravel()]}
        if "truth_rotations" in r.arrays:
            truth["rotations"] = np.round(axis_angles(r.arrays["truth_rotations"]).ravel(), 4).tolist()
            truth["betas"] = np.round(r.arrays["truth_betas"].astype(float).ravel(), 3).tolist()
        return truth

    def body(self, r, arrays, clean):
        """Packs rotations where the body may be passed on: the built-in one alone."""
        built_in = (r.settings.get("body") or {}).get("name") == "body.npz"
        if not built_in or "rotations" not in r.arrays or self.bodies is None:
            return None
        angles = axis_angles(r.arrays["rotations"])
        arrays["rotations"] = self.blocks.array(angles.reshape(*angles.shape[:2], 72), 0.001, "rad")
        arrays["betas"] = self.blocks.array(r.arrays["betas"], 0.01, "")
        clean["rotations"] = np.round(axis_angles(r.arrays["clean_rotations"]).ravel(), 4).tolist()
        clean["betas"] = np.round(r.arrays["clean_betas"].astype(float).ravel(), 3).tolist()
        return self.bodies.name

    def picture(self, r):
        data = r.picture()
        if data is None:
            return None
        if data not in self.pictures:
            self.pictures.append(data)
        return self.pictures.index(data)

    def attention(self, r):
        if "attention_clean" not in r.arrays or "attention_worst" not in r.arrays:
            return None
        maps = np.concatenate([r.arrays["attention_clean"][None], r.arrays["attention_worst"]]).astype(float)
        shares = maps / np.maximum(maps.max(axis=(0, 1, 2), keepdims=True), 1e-12)
        count, rows, columns, joints = shares.shape
        packed = self.blocks.array(shares.transpose(1, 2, 0, 3).reshape(rows, columns, count * joints), 0.002, "")
        worst = [divmod(int(i), len(r.spans(1)["centre"])) for i in r.attributes["worst_positions"]]
        return {"array": packed, "maps": count, "joints": r.measured_from(), "at": [list(w) for w in worst],
                "titles": ["attention, clean"] + [f"{r.word()} {i + 1}" for i in range(count - 1)],
                "key": words.key(np.array([0.0, 1.0]), "viridis", "attention, share of the maximum in the row")}

    def facts(self, r):
        facts = []
        missed = int(r.misses.sum())
        if missed:
            facts.append(f"nobody found at {missed} of {r.misses.size} positions")
        return facts

    # Words and scales

    def values(self, r, name):
        _, _, array, minus, _ = words.QUANTITIES[name]
        if array in ("uncertainty", "confidence"):
            return r.reported(array)
        if array not in r.mm:
            return None
        return r.mm[array] - r.mm["clean_" + array] if minus else r.mm[array]

    def quantity(self, name):
        title, reference, array, minus, aligned = words.QUANTITIES[name]
        values = [self.values(r, name) for r in self.records]
        if all(v is None for v in values):
            return None
        is_reported = array in ("uncertainty", "confidence")
        colours = "change" if minus else "viridis" if is_reported else "inferno"
        unit = "" if array == "confidence" else ", mm"
        missing = [None if v is not None else f"{label} has no such numbers." for v, label in zip(values, self.labels)]
        values = [v if v is not None else np.full((1, 1, 1), np.nan) for v in values]
        keys = []
        zero = [np.zeros(1)] if minus else []
        means = [v.mean(-1).ravel() for v in values]
        absolute = name.endswith("error")
        marks = [{"at": float(np.mean(r.mm["clean_" + array])), "network": i} for i, r in enumerate(self.records) if absolute]
        mean_title = (f"mean {title} over joints" if not aligned and "displacement" not in name else f"mean {title}")
        many = len(values) > 1
        note = ("  (marks: clean, of each network)" if many else "  (mark: clean)") if absolute else ""
        keys.append(words.key(np.concatenate(means + zero), colours, f"{mean_title}{reference}{unit}{note}", minimum=0.01 if array == "confidence" else 1,
                              marks=marks))
        keys.append(words.key(np.concatenate([v.ravel() for v in values] + zero), colours,
                              f"{title} of the joint{reference}{unit}", share=0.99, minimum=0.01 if array == "confidence" else 1))
        differences = []
        pairs = [(i, 0) for i in range(1, len(values))] + [
            (i, k) for i in range(1, len(values)) for k in range(1, i)]
        for i, k in pairs:
            a, b = self.records[i], self.records[k]
            if missing[i] or missing[k]:
                differences.append({"of": i, "minus": k, "why": missing[i] or missing[k]})
                continue
            if values[i].shape != values[k].shape or not self.same_positions(a, b):
                differences.append({"of": i, "minus": k,
                                    "why": "The occluder was not at the same positions of the picture: no difference."})
                continue
            text = [f"{self.labels[x]} minus {self.labels[y]}{unit}" for x, y in ((i, k), (k, i))]
            delta = values[i] - values[k]
            keys.append(words.key(delta.mean(-1), "difference", *text, difference=True))
            keys.append(words.key(delta, "difference", *text, difference=True, share=0.99))
            differences.append({"of": i, "minus": k, "mean": len(keys) - 2, "joint": len(keys) - 1})
        misses = any(r.misses.any() for r in self.records)
        return {"name": name, "title": title, "array": array, "minusClean": minus, "aligned": aligned,
                "unit": unit[2:], "decimals": 2 if array == "confidence" else 1, "signed": minus,
                "rangeDecimals": 2 if array == "confidence" else 0,
                "reading": words.reading(name, self.records[0].word(), misses,
                                         any("body_mask" in r.arrays for r in self.records)),
                "keys": keys, "networks": [{"why": m} if m else {"mean": 0, "joint": 1} for m in missing], "differences": differences,
                "barTitle": f"{title}{reference}{unit}"}

    @staticmethod
    def same_positions(a, b):
        return all(np.abs(a.arrays[n] - b.arrays[n]).max() <= 0.5 * max(a.frame["width"] / a.side,
                                                                      b.frame["width"] / b.side)
                   for n in ("picture_row", "picture_column") if a.arrays[n].shape == b.arrays[n].shape) and all(
            a.arrays[n].shape == b.arrays[n].shape for n in ("picture_row", "picture_column"))

    def headlines(self):
        measure = "error" if self.has_truth else "displacement from the clean prediction"
        rows = []

        def row(text, value):
            rows.append([text] + [words.number(value(r)) for r in self.records])

        if self.has_truth:
            row("clean, MPJPE", lambda r: r.mm["clean_error"].mean())
            row("mean over positions, MPJPE", lambda r: np.nanmean(r.mm["error"]))
        else:
            row("mean over positions", lambda r: np.nanmean(r.mm["error"]))
        row("worst position" + (", MPJPE" if self.has_truth else ""), lambda r: np.nanmax(r.mm["error"].mean(-1)))
        if any(r.misses.any() for r in self.records):
            row("nobody found, % of positions", lambda r: 100 * r.misses.mean())
        return {"columns": [f"{measure}, mm"] + self.labels, "rows": rows}

    def joint_table(self):
        kinds = ["clean", "mean", "worst"] if self.has_truth else ["mean", "worst"]
        rows = []
        for k, joint in enumerate(self.records[0].joint_names):
            cells = [joint.replace("_", " ")]
            for r in self.records:
                error = r.mm["error"][..., k]
                cells += [words.number(r.mm["clean_error"][k])] if self.has_truth else []
                cells += [words.number(np.nanmean(error)), ("≥ " if r.is_adaptive else "")
                          + words.number(np.nanmax(error))]
            rows.append(cells)
        return {"columns": ["joint"] + [f"{label} {kind}" for label in self.labels for kind in kinds], "rows": rows}


def tenths(values):
    """Millimetres with one decimal, as a list."""
    return [None if not np.isfinite(x) else round(float(x), 1) for x in np.asarray(values).ravel()]
