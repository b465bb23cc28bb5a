"""A browser's name for the list of sessions, from the text it sends about itself.

A guess that helps its owner recognise it, nothing more.
"""

from __future__ import annotations

BROWSERS = (("Edg", "Edge"), ("OPR", "Opera"), ("Firefox", "Firefox"), ("Chrom", "Chrome"))
SYSTEMS = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS", "macOS"),
    ("Linux", "Linux"),
)


def browser_name(sent: str) -> str:
    """« Firefox sur Windows »; the text itself when it is none that we know."""
    browser = next((name for mark, name in BROWSERS if mark in sent), "")
    if not browser and "Safari" in sent:
        browser = "Safari"
    system = next((name for mark, name in SYSTEMS if mark in sent), "")
    if browser and system:
        return f"{browser} sur {system}"
    return browser or system or sent[:40] or "navigateur inconnu"
