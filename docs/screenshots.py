"""Takes the pictures of the documentation from a running demonstration, invented data only.

    ATLAS_THEME=neutral make demo                # in another terminal
    ATLAS_DEMO=1 .venv/bin/python docs/screenshots.py [http://127.0.0.1:8000]

Leaves the data to `demo_data` and refuses to photograph anything else. The neutral theme, because
the State's marks are not for documents that anybody may copy.
"""

from __future__ import annotations

import io
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import Page, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
IMAGES = ROOT / "docs/images"
WEBGL = ["--use-angle=swiftshader", "--enable-unsafe-swiftshader", "--ignore-gpu-blocklist"]
DESKTOP, PHONE = (1280, 860), (390, 844)
PICTURES = (
    ("carte", "/carte/departements/93/?v=map", DESKTOP),
    ("carte-telephone", "/carte/departements/93/?v=map", PHONE),
)


def account(role: str, territory: str) -> dict[str, Any]:
    """A demonstration account; fails where the demonstration was not loaded."""
    listed = subprocess.run(
        [ROOT / ".venv/bin/python", "-W", "ignore", "manage.py", "demo_accounts", "--json"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    accounts: list[dict[str, Any]] = json.loads(listed.stdout)
    return next(a for a in accounts if (a["role"], a["territory"]) == (role, territory))


def sign_in(page: Page, base: str, who: dict[str, Any]) -> None:
    """Through the form, as anybody."""
    page.goto(f"{base}/connexion/")
    page.fill("input[name=email]", who["email"])
    page.fill("input[name=password]", who["password"])
    page.click("main button[type=submit]")
    page.wait_for_url("**/connexion/second-facteur/")
    # The demonstration writes the code of its invented accounts on the page.
    (code,) = re.findall(r"code (\d{6})", page.inner_text("main"))
    page.fill("input[name=code]", code)
    page.click("main button[type=submit]")
    page.wait_for_url(lambda url: "/connexion/" not in url)


def take(base: str, browser_path: str) -> None:
    """Write every picture under docs/images."""
    who = account("local_admin", "93")
    IMAGES.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=browser_path, args=["--no-sandbox", *WEBGL]
        )
        page = browser.new_page(locale="fr-FR", color_scheme="light", reduced_motion="reduce")
        sign_in(page, base, who)
        for name, path, (width, height) in PICTURES:
            page.set_viewport_size({"width": width, "height": height})
            page.goto(f"{base}{path}", wait_until="networkidle")
            # Labels are placed by the browser in its own time.
            page.wait_for_timeout(9_000)
            picture = Image.open(io.BytesIO(page.screenshot()))
            picture.convert("RGB").save(IMAGES / f"{name}.png", optimize=True)
            print(f"{name}.png  {path}")
        browser.close()


if __name__ == "__main__":
    found = subprocess.run(
        [ROOT / "deploy/local/chromium.sh", "--find"], capture_output=True, text=True, check=True
    )
    address = sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:8000"
    take(address.rstrip("/"), found.stdout.strip())
