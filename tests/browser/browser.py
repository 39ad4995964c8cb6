"""A headless Chromium that says what it saw: console errors, requests, facts about the page."""

from __future__ import annotations

import base64
import io
import json
import shutil
from pathlib import Path
from types import TracebackType
from typing import Any

import pypdf
from selenium import webdriver
from selenium.webdriver.chrome.service import Service

PROBE = Path(__file__).with_name("probe.js").read_text(encoding="utf-8")


class Browser:
    """One browser for all pages; every setting is made before a page is loaded, none is inherited from the one before."""

    def __init__(self) -> None:
        options = webdriver.ChromeOptions()
        options.binary_location = program("chromium", "chromium-browser", "google-chrome")
        # Root in a container has no sandbox, and /dev/shm may be tiny there.
        for argument in ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--hide-scrollbars", "--no-first-run",
                         "--disable-background-networking", "--disable-component-update", "--window-size=1440,900"):
            options.add_argument(argument)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
        self.driver = webdriver.Chrome(options=options, service=Service(program("chromedriver")))
        self.driver.set_page_load_timeout(60)
        self.driver.set_script_timeout(120)

    def __enter__(self) -> Browser:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.driver.quit()

    def command(self, name: str, **parameters: Any) -> Any:
        """A DevTools command."""
        return self.driver.execute_cdp_cmd(name, parameters)

    def resize(self, width: int, height: int = 900) -> None:
        """Set the viewport; a headless window alone would not go below 500 px."""
        self.command("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)

    def media(self, scheme: str, medium: str = "") -> None:
        """Emulate light or dark, and paper when `medium` is `print`; an emulated `screen` would hold in print too."""
        self.command("Emulation.setEmulatedMedia", media=medium,
                     features=[{"name": "prefers-color-scheme", "value": scheme}])

    def open(self, page: Path, width: int, scheme: str, scripts: bool) -> list[str]:
        """Load a page; what the console and the network say against it."""
        self.command("Emulation.setScriptExecutionDisabled", value=not scripts)
        self.resize(width)
        self.media(scheme)
        self.driver.get("about:blank")
        self.driver.get_log("browser")
        self.driver.get_log("performance")
        self.driver.get(page.as_uri())
        return self.complaints(page)

    def complaints(self, page: Path) -> list[str]:
        """Console errors since the last question, CSP violations included, and requests beyond the page itself."""
        problems = [f"console: {entry['message'][:300]}" for entry in self.driver.get_log("browser")
                    if entry["level"] == "SEVERE"]
        for entry in self.driver.get_log("performance"):
            message = json.loads(entry["message"])["message"]
            if message["method"] == "Network.requestWillBeSent":
                address = message["params"]["request"]["url"].split("#")[0]
                if address != page.as_uri() and not address.startswith(("data:image/", "about:")):
                    problems.append(f"request: {address[:200]}")
        return problems

    def facts(self, sheet: str | None = None) -> dict[str, Any]:
        """What probe.js reads off the page; on paper, off the parts that go onto this kind of page."""
        return self.driver.execute_script(PROBE, sheet)

    def print(self) -> pypdf.PdfReader:
        """The page on paper, with the page size that its own style sheet asks for."""
        printed = self.command("Page.printToPDF", preferCSSPageSize=True, printBackground=True, paperWidth=8.27, paperHeight=11.69)
        return pypdf.PdfReader(io.BytesIO(base64.b64decode(printed["data"])))

    def shot(self, target: Path) -> None:
        """A picture of the page from top to bottom."""
        target.parent.mkdir(parents=True, exist_ok=True)
        picture = self.command("Page.captureScreenshot", format="png", captureBeyondViewport=True)
        target.write_bytes(base64.b64decode(picture["data"]))


def program(*names: str) -> str:
    """The first of these programs that is installed."""
    for name in names:
        if found := shutil.which(name):
            return found
    raise SystemExit(f"{names[0]} is not installed (Debian: apt-get install chromium chromium-driver)")
