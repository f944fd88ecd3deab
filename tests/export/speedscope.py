# SPDX-License-Identifier: GPL-3.0-or-later
"""speedscope itself, in a browser without a screen: opens a profile and tells what it shows."""

import base64
import json
import os
import pathlib
import re
import shutil

import harness

FOLDER = pathlib.Path(os.environ["TRT_BUILD"]) / "viewers" / "node_modules" / "speedscope" / "dist" / "release"

# Of a container's root, without a graphics card, and with nobody to talk to.
BROWSER_OPTIONS = ["--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--use-angle=swiftshader",
                   "--enable-unsafe-swiftshader", "--window-size=1400,3000", "--disable-background-networking",
                   "--disable-component-update", "--host-resolver-rules=MAP * ~NOTFOUND"]


def why_not():
    """What is missing to run it; None if nothing is."""
    if not (FOLDER / "index.html").exists():
        return f"speedscope is not installed: scripts/viewers {os.environ['TRT_BUILD']}/viewers"
    try:
        import selenium.webdriver
    except ImportError:
        return "no python3-selenium"
    if not shutil.which("chromedriver") or not shutil.which("chromium"):
        return "no chromium-driver"
    return None


class Speedscope:
    """A browser; close() ends it."""

    def __init__(self, scratch):
        from selenium import webdriver
        from selenium.webdriver.chrome.service import Service

        self.scratch = scratch
        options = webdriver.ChromeOptions()
        for option in BROWSER_OPTIONS + [f"--user-data-dir={scratch / 'browser'}"]:
            options.add_argument(option)
        self.browser = webdriver.Chrome(service=Service(shutil.which("chromedriver")), options=options)

    def close(self):
        self.browser.quit()

    def text(self):
        return self.browser.execute_script("return document.body.innerText")

    def open(self, path):
        """{function: (total, self)} of the table that it shows, as integers."""
        script = self.scratch / "profile.js"
        content = base64.b64encode(path.read_bytes()).decode()
        script.write_text(f"speedscope.loadFileFromBase64({json.dumps(path.name)}, {json.dumps(content)})")
        self.browser.get("about:blank")
        self.browser.get(f"file://{FOLDER}/index.html#localProfilePath={script}")
        harness.wait_until(lambda: "Sandwich" in self.text(), "speedscope: " + self.text())
        self.browser.find_element("tag name", "body").send_keys("3")
        harness.wait_until(lambda: list(self.rows()), "speedscope's table")
        return dict(self.rows())

    def rows(self):
        # In one step: the page may draw the table anew at any moment.
        texts = self.browser.execute_script(
            "return [...document.querySelectorAll('table tr')].map(r => [...r.cells].map(c => c.innerText))")
        for cells in texts:
            # "1,234 (50%)", the same of itself, and the name with perhaps its file below
            if len(cells) == 3 and re.match(r"[\d,]+ \(", cells[0].strip()):
                total, own = (int(cell.split("(")[0].replace(",", "")) for cell in cells[:2])
                yield cells[2].strip().split("\n")[0], (total, own)
