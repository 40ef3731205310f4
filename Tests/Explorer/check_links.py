"""Pins, links and keys."""

import random

from browser import check

IGNORED = ("isGhost",)


@check(15, "a pin stays while the position moves; Esc lets go; Back brings the first pin again")
def pins(session):
    report, record = session.header["reports"][0], session.networks[0, 0]
    opened = session.open(f"#p={report['name']}")
    area = opened.tab.locator(".map").first.bounding_box()

    def click(x, y):
        opened.tab.mouse.click(area["x"] + x * area["width"], area["y"] + y * area["height"])
        opened.settle()
        return opened.run("penumbra.state.pin")
    first = click(0.3, 0.4)
    text = opened.text(".map-panel .pinned")
    opened.tab.mouse.move(area["x"] + 0.7 * area["width"], area["y"] + 0.7 * area["height"])
    opened.settle()
    assert opened.run("penumbra.state.pin") == first and opened.text(".map-panel .pinned") == text and text
    second = click(0.6, 0.5)
    assert second != first and opened.run("penumbra.state.pin") == second
    opened.tab.go_back()
    opened.settle()
    assert opened.run("penumbra.state.pin") == first, f"{opened.run('penumbra.state.pin')}, not {first}"
    opened.tab.locator(".map").first.focus()
    opened.press("Escape")
    assert opened.run("penumbra.state.pin") is None
    opened.close()


def drawn_state(chance, session):
    """A random state, as changes."""
    header = session.header
    i = chance.randrange(len(header["reports"]))
    report = header["reports"][i]
    networks = list(range(len(report["networks"])))[:2]
    chance.shuffle(networks)
    lead = report["networks"][networks[0]]
    size = [len(lead["rows"]["centre"]), len(lead["columns"]["centre"])]

    def place():
        return [chance.randrange(n) for n in size]
    box = sorted([place(), place()])
    state = {
        "report": i, "networks": networks, "at": place(), "pin": chance.choice([None, place()]),
        "joint": chance.randrange(-1, len(header["skeletons"][report["measured"]]["joints"])),
        "quantity": chance.choice(report["quantities"])["name"],
        "box": chance.choice([None, [box[0][0], min(box[0][1], box[1][1]), box[1][0], max(box[0][1], box[1][1])]]),
        "camera": chance.choice([[0, 0, 1], [chance.randrange(-170, 170), chance.randrange(-80, 80), 1.25]]),
        "shape": chance.choice(["skeleton", "body"]), "lines": chance.random() < 0.3, "large": chance.random() < 0.2,
        "truth": chance.random() < 0.8, "grid": chance.random() < 0.2, "embed": chance.random() < 0.2,
        "order": chance.choice(["body", "most", "here"]), "tab": chance.randrange(len(networks) + (len(networks) > 1)),
    }
    return state


@check(16, "20 drawn states come back from their links, to the pixel; nonsense gives a notice and a valid state")
def links(session):
    chance = random.Random(16)
    opened = session.open()
    longest = 0
    for _ in range(20):
        state = drawn_state(chance, session)
        opened.run("state => penumbra.update(state)", state)
        opened.ready()
        hash = opened.run("penumbra.hash")
        longest = max(longest, len(hash))
        again = session.open(hash)
        again.ready()
        a, b = (o.run("penumbra.state") for o in (opened, again))
        assert a == b, f"{hash}: {a} became {b}"
        assert again.tab.locator("#notice").is_hidden(), again.text("#notice-text")
        images = [o.run("""() => [...document.querySelectorAll('#views canvas')].filter(c => c.clientWidth && !c.closest('#attention'))
          .map(c => c.toDataURL())""") for o in (opened, again)]
        assert len(images[0]) == len(images[1])
        assert images[0] == images[1], f"{hash}: {sum(x != y for x, y in zip(*images))} pictures differ"
        again.close()
    opened.close()
    assert longest < 200, f"a link of {longest} letters"
    for hash in ("#v=1&wrong=1&at=9999,-4&j=nobody&p=nothing&n=x&m=y&cam=1,2&box=1", "#%E0%A4%A&at=a,b", "#v=9", "#&&=&at"):
        odd = session.open(hash)
        assert odd.tab.locator("#notice").is_visible(), hash
        assert all(n is not None for n in odd.numbers()), hash
        assert not odd.complaints, odd.complaints
        odd.close()
    return f"longest link {longest} letters"


@check(17, "with the keyboard alone: every view, five to the right, pin, next joint, worst position, link; no trap")
def keyboard(session):
    report = session.header["reports"][0]
    opened = session.open(f"#p={report['name']}&at=5,5")
    opened.tab.evaluate("document.body.focus()")
    seen = []
    for _ in range(140):
        opened.tab.keyboard.press("Tab")
        about = opened.run("""() => {
          const e = document.activeElement;
          if (!e || e === document.body) return null;
          const box = e.getBoundingClientRect(), style = getComputedStyle(e);
          return [e.id || e.className || e.tagName, style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2, box.width > 0];
        }""")
        if about is None:
            break
        seen.append(about)
    else:
        raise AssertionError("the focus does not leave the page")
    names = [str(name) for name, *_ in seen]
    for name in ("report", "quantity", "joint", "link", "pose-area", "order", "keys-on"):
        if name == "report" and len(session.header["reports"]) < 2:
            continue
        assert name in names, f"{name} is not reached"
    assert sum("square map" in name for name in names) >= 1 and names.count("joint") >= 5
    assert all(visible for _, visible, _ in seen), f"no outline: {[n for n, v, _ in seen if not v][:5]}"
    opened.tab.locator(".map").first.focus()
    opened.press(*["ArrowRight"] * 5)
    assert opened.run("penumbra.state.at") == [5, 10]
    opened.press("Shift+ArrowDown")
    assert opened.run("penumbra.state.at") == [10, 10]
    opened.press("Enter")
    assert opened.run("penumbra.state.pin") == [10, 10]
    before = opened.run("penumbra.state.joint")
    opened.press("]")
    assert opened.run("penumbra.state.joint") > before
    opened.press("0")
    assert opened.run("penumbra.state.joint") == -1
    opened.press("w")
    worst = report["networks"][0]["worst"][0]["at"]
    assert opened.run("penumbra.state.at") == worst
    opened.press("s")
    assert opened.run("penumbra.state.camera") == [90, 0, 1]
    opened.press("c")
    opened.tab.wait_for_timeout(200)
    copied = opened.run("document.getElementById('say').textContent")
    assert "copied" in copied or opened.run("document.getElementById('dialog').open"), copied
    opened.press("Escape")
    opened.press("?")
    assert opened.run("document.getElementById('dialog').open")
    opened.press("Escape")
    assert not opened.run("document.getElementById('dialog').open")
    opened.tab.locator(".map").first.focus()
    opened.press("v", "ArrowRight", "ArrowDown", "v")
    assert opened.run("penumbra.state.box") == [worst[0], worst[1], worst[0] + 1, worst[1] + 1]
    opened.tab.locator("#keys-on").uncheck()
    opened.press("w")
    assert opened.run("penumbra.state.at") == [worst[0] + 1, worst[1] + 1], "letters act though they are off"
    opened.close()
    return f"{len(seen)} stops"
