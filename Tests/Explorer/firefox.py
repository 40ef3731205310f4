#!/usr/bin/env python3
"""Smoke test in Firefox: the page opens, a pointer, keys and a link do what they do in Chromium.

    firefox.py PAGE RECORD…      needs Debian's firefox-esr and PyPI's marionette-driver
"""

import pathlib
import socket
import sys
import tempfile

from browser import header_of, number_of
from records import Record


def free_port():
    """A port that nobody listens at, so that two runs do not meet."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def main():
    from marionette_driver import By, Wait
    from marionette_driver.keys import Keys
    from marionette_driver.marionette import ActionSequence, Marionette
    page, records = pathlib.Path(sys.argv[1]).resolve(), [Record(path) for path in sys.argv[2:]]
    report = header_of(page)["reports"][0]
    record = next(r for r in records if r.attributes["picture_name"] == report["title"]
                  and r.label == report["networks"][0]["label"])
    quantity = next(q for q in report["quantities"] if not q["minusClean"] and not q["aligned"])
    # Its log is a file that it may remove and make anew: never a device.
    folder = tempfile.TemporaryDirectory()
    client = Marionette(host="127.0.0.1", port=free_port(), bin="/usr/bin/firefox-esr", headless=True,
                        gecko_log=f"{folder.name}/gecko.log")
    client.start_session()
    try:
        client.set_window_rect(width=1280, height=900)
        client.navigate(f"file://{page}#p={report['name']}&m={quantity['name']}&at=9,11")
        Wait(client, timeout=60).until(lambda m: m.execute_script("return document.documentElement.dataset.ready === '1'"))

        def shown():
            client.execute_async_script("const done = arguments[0]; requestAnimationFrame(() => requestAnimationFrame(() => done()));")
            return number_of(client.find_element(By.CSS_SELECTOR, ".map-panel .number").text)

        def truth(at):
            return record.mm["error"][at[0], at[1]].mean()

        def state(name):
            return client.execute_script(f"return JSON.stringify(window.wrappedJSObject.penumbra.state.{name})")
        assert abs(shown() - truth((9, 11))) < 0.11, f"link: {shown()}, record {truth((9, 11))}"
        area = client.find_element(By.CSS_SELECTOR, ".map")
        ActionSequence(client, "pointer", "mouse", {"pointerType": "mouse"}).pointer_move(0, 0, origin=area).perform()
        at = [int(n) for n in state("at").strip("[]").split(",")]
        assert at != [9, 11] and abs(shown() - truth(at)) < 0.11, f"pointer: {at}, {shown()}, record {truth(at)}"
        client.execute_script("document.querySelector('.map').focus()")
        area.send_keys(Keys.ARROW_RIGHT)
        assert abs(shown() - truth((at[0], at[1] + 1))) < 0.11, f"key: {shown()}"
        print(f"firefox: ok: link, pointer and key give {shown()} mm at {at[0]}, {at[1] + 1}")
    finally:
        client.quit(in_app=False) if client.session else None


if __name__ == "__main__":
    main()
