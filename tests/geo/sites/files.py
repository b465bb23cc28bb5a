"""Files of sites as people send them, and the command that reads them, for the tests."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

from django.core.management import CommandError, call_command

HEADER = "Référence;Appellation du site;Longitude;Latitude;Date d'installation;Personnes"
GOOD = "A-1;Site inventé un;2,35;48,93;01/03/2024;42"


def written(tmp_path: Path, text: str | bytes, name: str = "sites.csv") -> Path:
    path = tmp_path / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def run(*arguments: Any) -> tuple[str, int]:
    """What the command says and its exit code."""
    said = io.StringIO()
    try:
        call_command("import_sites", *map(str, arguments), stdout=said)
    except CommandError as error:
        return f"{said.getvalue()}{error}", error.returncode
    return said.getvalue(), 0


def one_line(tmp_path: Path, **cells: str) -> tuple[str, int]:
    """Import a line made of the good one and of these cells."""
    base = {
        "Référence": "A-1",
        "Appellation du site": "Site inventé",
        "Longitude": "2.35",
        "Latitude": "48.93",
        "Date d'installation": "2024-03-01",
    }
    row = base | cells
    text = io.StringIO()
    writer = csv.DictWriter(text, row, delimiter=";")
    writer.writeheader()
    writer.writerow(row)
    return run(written(tmp_path, text.getvalue()), "--write")
