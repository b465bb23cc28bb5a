"""The manners that every command has."""

from __future__ import annotations

from django.core.management import get_commands, load_command_class

from geo.core.commands import AtlasCommand

OURS = {"atlas", "cadastre", "demo", "feeds", "geo", "layers", "tiles", "web"}


def test_the_help_of_every_command_is_french() -> None:
    ours = [
        (name, command)
        for name, application in get_commands().items()
        if str(application).partition(".")[0] in OURS
        and isinstance(command := load_command_class(str(application), name), AtlasCommand)
    ]
    assert len(ours) > 8
    for name, command in ours:
        told = command.create_parser("manage.py", name).format_help()
        assert told.startswith("usage : "), name
        for english in ("show this help", "positional", "Verbosity", "version number", "colorize"):
            assert english not in told, name
