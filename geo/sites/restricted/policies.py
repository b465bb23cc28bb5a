"""What a reader may do with a restricted block of a site.

Leaves where it comes from to the scope.
"""

from __future__ import annotations

from geo.core.errors import Forbidden, NotFound
from geo.core.scope import RESTRICTED, DataClass, Precision, Scope, Verb
from geo.sites.models import Site
from geo.sites.restricted.querysets import OF_PLACE


def readable(scope: Scope, site: Site) -> tuple[DataClass, ...]:
    """The restricted classes that the reader may read on this site, in the order of the sheet."""
    return tuple(each for each in RESTRICTED if reads(scope, each, site))


def reads(scope: Scope, data_class: DataClass, site: Site) -> bool:
    """True when the reader may read this class on this site, which they see."""
    reaches = [scope.reach(data_class), *([scope.reach()] if data_class in OF_PLACE else [])]
    return all(site.pk in reach.sites or reach.exact.covers(site) for reach in reaches)


def precision_read(scope: Scope, data_class: DataClass, site: Site) -> Precision | None:
    """How exactly a reader reads a class of a site, the general one too; None when not at all."""
    if data_class == DataClass.GENERAL:
        return scope.reach().precision(site.pk, site)
    return Precision.EXACT if reads(scope, data_class, site) else None


def writes(scope: Scope, data_class: DataClass, site: Site) -> bool:
    """True when the reader may write this class on this site."""
    return reads(scope, data_class, site) and scope.can(Verb.UPDATE, site, data_class)


def require(scope: Scope, data_class: DataClass, site: Site) -> None:
    """Raise `NotFound` for who may not read the block, `Forbidden` for who may only read it."""
    if not reads(scope, data_class, site):
        raise NotFound("Rien à cette adresse.")
    if not writes(scope, data_class, site):
        raise Forbidden("Vous pouvez lire ces informations, pas les modifier.")
