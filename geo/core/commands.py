"""The manners of every management command: progress, one line a step, a summary, an exit code.

Leaves parsing and work to the commands.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable, Iterator
from typing import Any, TypeVar

from django.core.management.base import (
    BaseCommand,
    CommandError,
    CommandParser,
    DjangoHelpFormatter,
)

from geo.core import rls, tracing
from geo.core.errors import DomainError
from geo.core.scope import Scope

T = TypeVar("T")
# What Django and argparse say in English of the options that every command has.
HELP = {
    "help": "affiche cette aide",
    "version": "affiche la version de Django",
    "verbosity": "ce qui est dit : 0 rien, 1 l'ordinaire, 2 plus, 3 tout",
    "settings": "module des réglages de Django",
    "pythonpath": "dossier à ajouter au chemin de Python",
    "traceback": "montre toute la pile d'une erreur",
    "no_color": "sans couleurs",
    "force_color": "avec des couleurs, même hors d'un terminal",
    "skip_checks": "sans les vérifications de Django",
}


class FrenchHelp(DjangoHelpFormatter):
    """The help with a French heading before the usage."""

    def add_usage(
        self, usage: Any, actions: Any, groups: Any, prefix: str | None = "usage : "
    ) -> None:
        super().add_usage(usage, actions, groups, prefix or "usage : ")


class AtlasCommand(BaseCommand):
    """A command whose domain errors end in one readable line and a non-zero exit code.

    Who runs it has the machine: it reads everywhere, unless `reader` says otherwise.
    """

    reader: Scope | None = Scope.nation()

    # The checks load every page of the site, and `make lint` runs them.
    requires_system_checks = ()

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        """The parser, with its titles and common options in French."""
        kwargs.setdefault("formatter_class", FrenchHelp)
        parser = super().create_parser(prog_name, subcommand, **kwargs)
        parser._positionals.title = "arguments"
        parser._optionals.title = "options"
        for action in parser._actions:
            action.help = HELP.get(action.dest, action.help)
        return parser

    def execute(self, *args: Any, **options: Any) -> Any:
        """Run, turning a `DomainError` into a `CommandError`."""
        self._started = time.monotonic()
        try:
            name = type(self).__module__.rpartition(".")[2]
            with rls.reading(self.reader), tracing.acting(tracing.Act("command", name)):
                return super().execute(*args, **options)
        except DomainError as error:
            where = f" ({error.field})" if error.field else ""
            raise CommandError(f"{error.message}{where}") from error

    def step(self, text: str) -> None:
        """One line for one finished step, with the seconds since the start."""
        self.stdout.write(f"{time.monotonic() - self._started:7.1f} s  {text}")

    def summary(self, text: str) -> None:
        """The last line."""
        self.stdout.write(self.style.SUCCESS(f"{text} ({time.monotonic() - self._started:.1f} s)"))

    def progress(self, items: Iterable[T], *, total: int, label: str) -> Iterator[T]:
        """Yield the items, drawing a bar on a terminal and nothing elsewhere."""
        drawn = sys.stderr.isatty()
        for done, item in enumerate(items, start=1):
            yield item
            if drawn and (done == total or done % max(1, total // 200) == 0):
                filled = int(30 * done / max(total, 1))
                bar = "█" * filled + "·" * (30 - filled)
                sys.stderr.write(f"\r{label} {bar} {done}/{total}")
                sys.stderr.flush()
        if drawn:
            sys.stderr.write("\n")
