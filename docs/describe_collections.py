"""Writes docs/collections.md from the registry of collections: run it after changing one.

    .venv/bin/python -m docs.describe_collections

Leaves what is published to each application's `collections.py`.
"""

from __future__ import annotations

from pathlib import Path

from geo.core import collections
from geo.core.collections import Collection, Property
from geo.core.scope import Areas, DataClass, Reach, Scope

NATION = Areas(nation=True)
PAGE = Path(__file__).parent / "collections.md"
HEAD = """# Collections

Écrit par `python -m docs.describe_collections` : ne pas modifier à la main. Chaque collection se
lit à `/ogc/collections/{id}/items` (GeoJSON) et à `/tiles/{id}/{z}/{x}/{y}.mvt` (tuiles, propriétés
marquées « tuile »). Les propriétés « filtre » sont des paramètres de ces deux adresses. Celles qui
sont « exact » n'existent que pour qui lit l'emplacement exact. Celles d'une classe de données
(`owner`, `judicial`, `health`, `finance`) n'existent que pour qui en a le droit, chaque lecture est
notée avant d'être donnée, aucune n'est dans les tuiles ; « nommée » : donnée à qui la nomme dans
`properties`. Tout objet a un `id` entier, stable.
"""


def described() -> str:
    """The page."""
    everything = Scope(reaches=tuple((each, Reach(exact=NATION)) for each in DataClass))
    visible = list(collections.visible(everything, DataClass))
    rows = [
        f"| [`{c.id}`](#{c.id}) | {c.title} | {c.geometry_type} | {_readers(c)} |" for c in visible
    ]
    table = "\n".join(["| id | titre | géométrie | lecteurs |", "|---|---|---|---|", *rows])
    return "\n".join([HEAD, table, *map(_section, visible)])


def _readers(collection: Collection) -> str:
    if collection.public:
        return "tous"
    return "emplacement exact" if collection.exact_readers_only else "selon les droits"


def _section(collection: Collection) -> str:
    dated = "oui" if collection.temporal else "non"
    zooms = f"{collection.minzoom} à {collection.maxzoom}"
    facts = f"Lecteurs : {_readers(collection)}. `datetime` : {dated}. Zooms : {zooms}."
    if collection.licence:
        facts += f" Licence : {collection.licence}."
    rows = [
        f"| `{p.name}` | {p.label} | {p.type} | {_uses(p)} | {_values(p)} |"
        for p in collection.properties
    ]
    table = "\n".join(
        ["| propriété | libellé | type | usages | valeurs |", "|---|---|---|---|---|", *rows]
    )
    return f"\n## {collection.id}\n\n{collection.description} {facts}\n\n{table}\n"


def _uses(prop: Property) -> str:
    restricted = prop.data_class != DataClass.GENERAL
    uses = (
        ("filtre", prop.queryable),
        ("tuile", prop.tile),
        ("exact", prop.exact_only),
        (f"classe {prop.data_class}", restricted),
        ("nommée", prop.named),
    )
    return ", ".join(name for name, used in uses if used)


def _values(prop: Property) -> str:
    return ", ".join(f"`{code}`" for code, _ in prop.choices)


def main() -> None:
    """Write the page."""
    PAGE.write_text(described(), encoding="utf-8")


if __name__ == "__main__":
    import os

    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.dev")
    django.setup()
    main()
