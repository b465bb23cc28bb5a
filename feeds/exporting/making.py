"""Making the file of an export, whole or not at all, with what must go with it.

Runs under the rights of the request's own scope. Import it where a file is made: what reads and
writes rows weighs on a process that makes none. Leaves who may ask to `services`, and where the
file goes to the callers.
"""

from __future__ import annotations

import os
import shutil
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import mkdtemp

from django.conf import settings
from django.utils import timezone

from feeds.exporting import formats
from feeds.exporting.asking import Asked
from feeds.exporting.dictionary import Entry, Mentions, entries, mentions
from feeds.exporting.formats import Format, file_name
from feeds.exporting.layout import Read
from feeds.exporting.rows import Rows
from feeds.exporting.writers import Writer, shape_for, text, writer_of
from geo.accounts.models import User
from geo.core import rls
from geo.core.errors import InvalidInput

README = "LISEZMOI.txt"
DICTIONARY = "dictionnaire.csv"
Tick = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Made:
    """A finished file and what was read to make it."""

    path: Path
    name: str
    media: str
    read: Read


@dataclass(frozen=True, slots=True)
class Making:
    """How an export is made. `boxed` puts the dictionary and the mentions beside the file.

    `timeout_ms` bounds the reading, `max_bytes` the file; `tick` is told the rows as they come.
    """

    asked: Asked
    format: Format
    by: User | None
    timeout_ms: int
    boxed: bool
    max_bytes: int = field(default_factory=lambda: settings.EXPORT_MAX_BYTES)
    tick: Tick = lambda _: None

    def made(self, folder: Path, *, name: str = "") -> Made:
        """Write the file in `folder` under `name`; nothing is left there when something fails.

        Raises `TooCostly`, `InvalidInput`, and whatever `tick` raises.
        """
        work = Path(mkdtemp(prefix="export-", dir=folder))
        try:
            with rls.reading(self.asked.request.scope):
                read, path = self._written(work)
            final = folder / (name or f"{work.name}.{path.suffix.lstrip('.')}")
            path.chmod(0o600)
            os.replace(path, final)  # noqa: PTH105 # says that it takes the place of what is there
        finally:
            shutil.rmtree(work, ignore_errors=True)
        return Made(final, self.file_name, self.media, read)

    @property
    def zipped(self) -> bool:
        """Whether the file given is a zip."""
        return self.boxed or not self.format.single

    @property
    def media(self) -> str:
        """The media type of the file given."""
        return formats.ZIP_MEDIA if self.zipped else self.format.media

    @property
    def file_name(self) -> str:
        """The name that the file bears once downloaded: collection, day, format."""
        day = self.asked.request.when.state_on
        return file_name(self.asked.collection.id, day, self.format, zipped=self.zipped)

    def _written(self, work: Path) -> tuple[Read, Path]:
        item = self.asked.collection
        path = work / f"{item.id}.{self.format.extension}"
        rows = Rows(
            self.asked.request,
            shape_for(item, self.format),
            self.timeout_ms,
            self._bounded(work),
            spatially=self.format == formats.PARQUET,
        )
        told = mentions(self.asked, by=self.by, at=timezone.now())
        names = self._writer()(rows, path, told)
        if not self.zipped:
            return rows.read, path
        listed = entries(rows.layout, names)
        text.dictionary_csv(listed, work / DICTIONARY)
        (work / README).write_text(_readme(told, self.format, listed), encoding="utf-8")
        return rows.read, _zip(work, item.id)

    def _writer(self) -> Writer:
        if self.format == formats.CSV and self.boxed:
            return text.spreadsheet_csv
        return writer_of(self.format)

    def _bounded(self, work: Path) -> Tick:
        """Tell the rows, and stop a file that grows past what is granted."""

        def tick(rows: int) -> None:
            self.tick(rows)
            if sum(each.stat().st_size for each in work.iterdir()) > self.max_bytes:
                raise InvalidInput(
                    f"Le fichier dépasse {self.max_bytes // 1_000_000_000} Go : réduisez "
                    "l'emprise, ou ajoutez un filtre."
                )

        return tick


def _zip(work: Path, name: str) -> Path:
    """All the files of the folder in one zip beside them."""
    files = sorted(work.iterdir())
    path = work / f"{name}.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=4) as box:
        for each in files:
            box.write(each, each.name)
            each.unlink()
    return path


def _readme(told: Mentions, wanted: Format, listed: list[Entry]) -> str:
    lines = [told.title, "=" * len(told.title), "", told.terms, ""]
    lines += [f"{heading} : {value}" for heading, value in told.lines]
    lines += ["", f"Le fichier {DICTIONARY} dit ce que tient chaque colonne."]
    if wanted == formats.CSV:
        lines.append(
            "CSV pour tableur : séparateur point-virgule, virgule décimale, UTF-8 avec marque "
            "d'ordre ; un texte qu'un tableur prendrait pour une formule est précédé d'une "
            "apostrophe."
        )
    if wanted == formats.SHP and any(entry.full for entry in listed):
        lines.append(
            "Noms de colonnes coupés à 10 caractères ; dates et heures en texte. Le dictionnaire "
            "donne les noms complets."
        )
    return "\r\n".join([*lines, ""])
