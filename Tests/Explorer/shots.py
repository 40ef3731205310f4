"""Pictures of the page to look at: three sizes, light and dark, at first and with everything on."""

SIZES = ((1280, 800), (768, 1024), (390, 844))


def views(session):
    """Hashes of what is looked at, by name."""
    report = session.header["reports"][0]
    lead = report["networks"][0]
    rows, columns = (len(lead[axis]["centre"]) for axis in ("rows", "columns"))
    middle = [0 if lead["isList"] else rows // 2, columns // 2]
    pin = [middle[0] // 2, middle[1] // 2]
    quantity = next(q["name"] for q in report["quantities"] if not q["minusClean"])
    joint = session.header["skeletons"][report["measured"]]["joints"][-1]
    at = f"#p={report['name']}&at={middle[0]},{middle[1]}"
    return {
        "start": "", "body": f"{at}&s=body&m={quantity}",
        "all": f"{at}&pin={pin[0]},{pin[1]}&box={pin[0]},{pin[1]},{middle[0]},{middle[1]}&m={quantity}&j={joint}&g=1&i=1&cam=40,-10,1",
        "embed": f"{at}&embed=1",
    }


def take(session, folder):
    """Writes the pictures; returns how many."""
    folder.mkdir(parents=True, exist_ok=True)
    count = 0
    for width, height in SIZES:
        for scheme in ("light", "dark"):
            for name, hash in views(session).items():
                opened = session.open(hash, width=width, height=height, color_scheme=scheme)
                opened.tab.wait_for_timeout(400)
                opened.tab.screenshot(path=folder / f"{name}-{width}-{scheme}.png", full_page=True)
                opened.close()
                count += 1
    return count
