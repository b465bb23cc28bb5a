"""What a reader may see and do, computed once per request and inherited by every output.

A `Scope` is a frozen value: for each class of data the areas read exactly, the areas read with a
blurred position and the sites named one by one; for each verb the areas where it is allowed. It
names no person, so that readers with equal rights share caches. Leaves to `geo.accounts` how it is
built from roles and territories, and to each model how its rows are matched (`visible_to`).
"""

from __future__ import annotations

import hmac
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any, Protocol

from django.conf import settings
from django.db.models import Q


class DataClass(StrEnum):
    """The classes of data of a site's record (the rights reference, §6)."""

    GENERAL = "general"
    JUDICIAL = "judicial"
    OWNER = "owner"
    HEALTH = "health"
    FINANCE = "finance"


# Read exactly or not at all, each on its own reach: the widening is for general data.
RESTRICTED = (DataClass.OWNER, DataClass.JUDICIAL, DataClass.HEALTH, DataClass.FINANCE)


class Precision(StrEnum):
    """How exactly a reader is told where a site is."""

    EXACT = "exact"
    GRID = "500m"
    COMMUNE = "commune"


class Verb(StrEnum):
    """What can be done with a record beside reading it."""

    CREATE = "create"
    UPDATE = "update"
    CLOSE = "close"
    DELETE = "delete"
    EXPORT = "export"
    WRITE = "write"  # in the journal
    MODERATE = "moderate"  # the journal
    ADMINISTER = "administer"  # accounts and their rights


class Placed(Protocol):
    """Anything that carries the codes of the territories it lies in."""

    @property
    def commune_id(self) -> str | None: ...

    @property
    def epci_id(self) -> str | None: ...

    @property
    def departement_id(self) -> str | None: ...

    @property
    def region_id(self) -> str | None: ...


@dataclass(frozen=True, slots=True)
class Areas:
    """A set of territories by code; `nation` covers them all. Codes are kept sorted."""

    nation: bool = False
    regions: tuple[str, ...] = ()
    departements: tuple[str, ...] = ()
    epcis: tuple[str, ...] = ()
    communes: tuple[str, ...] = ()

    @classmethod
    def of(cls, level: str, codes: Iterable[str]) -> Areas:
        """Areas of one level (`nation`, `region`, `departement`, `epci`, `commune`)."""
        if level == "nation":
            return cls(nation=True)
        values: dict[str, Any] = {f"{level}s": tuple(sorted(set(codes)))}
        return cls(**values)

    def __bool__(self) -> bool:
        return self.nation or any(codes for _, codes in self.levels())

    def levels(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """Each level with its codes; nothing of the nation."""
        return (
            ("region", self.regions),
            ("departement", self.departements),
            ("epci", self.epcis),
            ("commune", self.communes),
        )

    def __or__(self, other: Areas) -> Areas:
        if self.nation or other.nation:
            return Areas(nation=True)
        return Areas(
            regions=_merge(self.regions, other.regions),
            departements=_merge(self.departements, other.departements),
            epcis=_merge(self.epcis, other.epcis),
            communes=_merge(self.communes, other.communes),
        )

    def q(self, prefix: str = "") -> Q:
        """The rows in these areas, for a model (or relation `prefix`) with stored codes."""
        if self.nation:
            return Q()
        condition = Q()
        for level, codes in self.levels():
            if codes:
                condition |= Q(**{f"{prefix}{level}_id__in": codes})
        return condition or Q(pk__in=[])

    def covers(self, place: Placed) -> bool:
        """True when `place` lies in these areas."""
        return (
            self.nation
            or place.region_id in self.regions
            or place.departement_id in self.departements
            or (place.epci_id or "") in self.epcis
            or place.commune_id in self.communes
        )


@dataclass(frozen=True, slots=True)
class Reach:
    """How one class of data is read: exactly, by named site, on the 500 m grid, by commune."""

    exact: Areas = field(default_factory=Areas)
    sites: tuple[int, ...] = ()
    grid: Areas = field(default_factory=Areas)
    commune: Areas = field(default_factory=Areas)

    def __bool__(self) -> bool:
        return bool(self.exact or self.sites or self.grid or self.commune)

    def precision(self, site_id: int, place: Placed) -> Precision | None:
        """How exactly a site at a place is told; None when it is not read."""
        if site_id in self.sites or self.exact.covers(place):
            return Precision.EXACT
        if self.grid.covers(place):
            return Precision.GRID
        return Precision.COMMUNE if self.commune.covers(place) else None

    def __or__(self, other: Reach) -> Reach:
        return Reach(
            exact=self.exact | other.exact,
            sites=tuple(sorted({*self.sites, *other.sites})),
            grid=self.grid | other.grid,
            commune=self.commune | other.commune,
        )


@dataclass(frozen=True, slots=True)
class Scope:
    """The resolved rights of a reader.

    `verbs` are those on general data, on the journal and on accounts; `restricted` those on the
    other classes. `collections` (a token's) limits what is published, empty is all. `exports` are
    the reaches of what may be taken away: a part of what is read.
    """

    reaches: tuple[tuple[DataClass, Reach], ...] = ()
    verbs: tuple[tuple[Verb, Areas], ...] = ()
    collections: tuple[str, ...] = ()
    restricted: tuple[tuple[DataClass, Verb, Areas], ...] = ()
    exports: tuple[tuple[DataClass, Reach], ...] = ()

    @classmethod
    def public(cls) -> Scope:
        """The reader of open data: no site, no verb."""
        return cls()

    @classmethod
    def nation(cls, *classes: DataClass) -> Scope:
        """Every general record of the country, exactly; used by jobs that serve nobody's screen.

        Restricted `classes` are read and written by it only when they are named.
        """
        everywhere = Areas(nation=True)
        restricted = sorted(set(classes) - {DataClass.GENERAL})
        reaches = tuple(
            (each, Reach(exact=everywhere)) for each in (DataClass.GENERAL, *restricted)
        )
        return cls(
            reaches=reaches,
            exports=reaches,
            verbs=tuple((verb, everywhere) for verb in Verb),
            restricted=tuple((each, Verb.UPDATE, everywhere) for each in restricted),
        )

    @classmethod
    def everything(cls) -> Scope:
        """Every record of every class; for what erases, keeps or loads them, never for a screen."""
        return cls.nation(*RESTRICTED)

    def reach(self, data_class: DataClass = DataClass.GENERAL) -> Reach:
        """How `data_class` is read; an empty reach where it is not."""
        return dict(self.reaches).get(data_class, Reach())

    def where(self, verb: Verb, data_class: DataClass = DataClass.GENERAL) -> Areas:
        """The areas where `verb` is allowed on `data_class`."""
        if data_class == DataClass.GENERAL:
            return dict(self.verbs).get(verb, Areas())
        for each, allowed, areas in self.restricted:
            if (each, allowed) == (data_class, verb):
                return areas
        return Areas()

    def can(self, verb: Verb, place: Placed, data_class: DataClass = DataClass.GENERAL) -> bool:
        """True when `verb` is allowed on that class of what lies at `place`."""
        return self.where(verb, data_class).covers(place)

    @property
    def outgoing(self) -> Scope:
        """These rights for what is taken away: feeds, files. Nothing when nothing may leave."""
        return replace(self, reaches=self.exports)

    @property
    def exports_sites(self) -> bool:
        """True when some site may be taken away."""
        return self.outgoing.sees_sites

    @property
    def sees_sites(self) -> bool:
        """True when some site may be visible: else non-public collections do not exist."""
        return bool(self.reach())

    @property
    def sees_exact(self) -> bool:
        """True when some exact place may be visible."""
        reach = self.reach()
        return bool(reach.exact or reach.sites)

    @property
    def hash(self) -> str:
        """A keyed digest of the rights: part of every cache key and ETag, never reversible."""
        key = settings.SECRET_KEY.encode()
        rights = (self.reaches, self.verbs, self.collections, self.restricted)
        return hmac.new(key, repr(rights).encode(), "sha256").hexdigest()[:20]


def _merge(left: tuple[str, ...], right: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(sorted({*left, *right}))
