"""Every address of the product with what it answers to whom: the rows of the matrix of tests.

`ROWS` has one row for each name of the URL configuration. Leaves who the readers are to `rights`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from django.urls import URLPattern, URLResolver, get_resolver
from django.utils import timezone

from geo.core.scope import RESTRICTED, DataClass
from tests.support.canaries import World
from tests.support.feed_gates import (
    collection,
    creates_in_feeds,
    deletes_in_feeds,
    item,
    items,
    no_form,
    writes_in_feeds,
)
from tests.support.rights import ALL, NONE, Reader

# Who asks (None: nobody is signed in), about the site of which commune: the status expected.
Gate = Callable[[Reader | None, str], int]
SIGN_IN = 302


@dataclass(frozen=True)
class Row:
    """An address: `path` is filled with the site, the commune and others; `extra` are its variants.

    `writes` is what a POST of an empty form answers, None where the address takes none. `methods`
    are those of programs, each with what a valid request answers.
    """

    path: str
    reads: Gate
    writes: Gate | None = None
    extra: tuple[str, ...] = ()
    methods: Mapping[str, Gate] = field(default_factory=dict)


def always(status: int) -> Gate:
    """The same for everybody."""
    return lambda reader, code: status


def person(status: int = 200) -> Gate:
    """For who is signed in."""
    return lambda reader, code: SIGN_IN if reader is None else status


def rights(test: Callable[[Reader, str], bool], yes: int = 200, no: int = 403) -> Gate:
    """For those of the signed-in people who pass a test."""

    def gate(reader: Reader | None, code: str) -> int:
        if reader is None:
            return SIGN_IN
        return yes if test(reader, code) else no

    return gate


def administers(yes: int = 200) -> Gate:
    """For administrators of accounts."""
    return rights(lambda reader, code: reader.admin, yes)


def holds_tokens(reader: Reader, code: str) -> bool:
    """Tokens are for roles that export; an exception gives none."""
    return bool(reader.verbs.get("E")) and not reader.exports_by_exception


def manages(yes: int = 200) -> Gate:
    """For administrators of the departement where the other person is, the 93."""

    def gate(reader: Reader | None, code: str) -> int:
        if reader is None or not reader.admin:
            return SIGN_IN if reader is None else 403
        return yes if "93066" in reader.exact else 404

    return gate


def approves(reader: Reader | None, code: str) -> int:
    """Approving is for national administrators; the grant asked for is none."""
    if reader is None or not reader.admin:
        return SIGN_IN if reader is None else 403
    return 404 if reader.exact == ALL else 403


def letter(name: str, yes: int = 200) -> Gate:
    """For who has a letter of the matrix on the site; the others learn no more than they read."""

    def gate(reader: Reader | None, code: str) -> int:
        if reader is None:
            return SIGN_IN
        if reader.may(name, code):
            return yes
        return 403 if code in reader.reads else 404

    return gate


def block(data_class: DataClass, yes: int = 200) -> Gate:
    """For who writes a restricted class on the site."""

    def gate(reader: Reader | None, code: str) -> int:
        if reader is None:
            return SIGN_IN
        if code in reader.writes.get(data_class, NONE):
            return yes
        return 403 if code in reader.classes.get(data_class, NONE) else 404

    return gate


def printed(reader: Reader | None, code: str) -> int:
    """A map is printed where something is read."""
    return 200 if reader is not None and code in reader.reads else 404


SITE = "/sites/{site}/"
ITEMS = "/ogc/collections/sites/items"
SITE_COLLECTIONS = (
    "sites",
    "site-footprints",
    "evacuations",
    "resorptions",
    "other-closures",
    "reinstallations",
)
PERSON = "/compte/administration/personnes/{user}/"
PAST = "datetime=2025-01-01"

ROWS: dict[str, Row] = {
    "tile": Row(
        "/tiles/sites/0/0/0.mvt", collection, extra=("/tiles/sites,departements/0/0/0.mvt",)
    ),
    "tilejson": Row("/tiles/sites.json", collection),
    "qgis_project": Row("/qgis/93.qgz", always(200), extra=("/qgis/13.qgz",)),
    "qgis_layer": Row("/qgis/sites.qlr", collection),
    "ogc-landing": Row("/ogc/", always(200)),
    "ogc-landing-typed": Row("/ogc", always(200)),
    "ogc-api": Row("/ogc/api", always(200)),
    "ogc-conformance": Row("/ogc/conformance", always(200)),
    "ogc-collections": Row("/ogc/collections", always(200)),
    "ogc-collection": Row("/ogc/collections/sites", collection),
    "ogc-schema": Row("/ogc/collections/sites/schema", collection),
    "ogc-queryables": Row("/ogc/collections/sites/queryables", collection),
    "ogc-sortables": Row("/ogc/collections/sites/sortables", collection),
    "ogc-items": Row(
        ITEMS,
        items,
        no_form,
        methods={"POST": creates_in_feeds},
        extra=(
            *(f"/ogc/collections/{each}/items" for each in SITE_COLLECTIONS[1:]),
            f"{ITEMS}?{PAST}",
            f"{ITEMS}?datetime=2024-01-01/2026-01-01",
            f"{ITEMS}?bbox=2.3,48.9,2.5,48.96",
            f"{ITEMS}?limit=1",
            f"{ITEMS}?commune={{code}}",
            f"{ITEMS}?properties=reference,name,address,owner_name",
            f"{ITEMS}?properties=reference,bailiff",
            f"{ITEMS}?properties=reference,health_measures",
            f"{ITEMS}?properties=reference,cost_resorption_eur",
            f"{ITEMS}?owner_category=private",
            f"{ITEMS}?filter=owner_category='private'",
            f"{ITEMS}?filter=S_INTERSECTS(geometry,BBOX(2.3,48.9,2.5,48.96))",
            f"{ITEMS}?sortby=-people&limit=1",
            f"{ITEMS}?crs=http://www.opengis.net/def/crs/EPSG/0/2154",
            f"{ITEMS}?f=fgb",
            f"{ITEMS}?f=csv",
            f"{ITEMS}?f=html",
        ),
    ),
    "ogc-item": Row(
        f"{ITEMS}/{{site}}",
        item,
        lambda reader, code: 404 if collection(reader, code) == 404 else 405,
        extra=(f"{ITEMS}/{{site}}?f=html",),
        methods={
            "PUT": writes_in_feeds("U"),
            "PATCH": writes_in_feeds("U"),
            "DELETE": deletes_in_feeds,
        },
    ),
    "exports": Row("/exports/", person(), extra=("/exports/?collection=communes",)),
    "exports_progress": Row("/exports/suivi/", person()),
    "export_cancel": Row("/exports/1/annuler/", person(405), person(404)),
    "export_download": Row("/exports/1/fichier/x", person(403)),
    "export-file": Row(
        "/exports/sites.csv",
        items,
        extra=tuple(
            f"/exports/{each}"
            for each in (
                "sites.geojson",
                "evacuations.csv",
                "reinstallations.csv",
                "site-footprints.csv",
            )
        ),
    ),
    "layers": Row("/layers/", always(200)),
    "layer_tile": Row("/layers/inconnue/0/0/0", always(404)),
    "print-pdf": Row("/impressions/communes/{code}.pdf", printed),
    "print-png": Row("/impressions/communes/{code}.png", printed),
    "print-svg": Row("/impressions/communes/{code}.svg", printed),
    "home": Row("/", lambda reader, code: 200 if reader is None else 302),
    "help": Row("/aide/", always(200)),
    "accessibility": Row("/accessibilite/", always(200)),
    "retention": Row("/conservation/", always(200)),
    "scheme": Row("/affichage/", always(405)),
    "sign_in": Row("/connexion/", lambda reader, code: 200 if reader is None else 302),
    "sign_out": Row("/deconnexion/", always(405)),
    "account_login": Row("/connexion/", lambda reader, code: 200 if reader is None else 302),
    "mfa_authenticate": Row("/connexion/second-facteur/", always(302)),
    "forgotten": Row("/connexion/mot-de-passe/", always(200)),
    "reset": Row("/connexion/mot-de-passe/x/y/", always(410)),
    "proconnect": Row("/connexion/proconnect/", always(405)),
    "proconnect_callback": Row("/connexion/proconnect/retour/", always(400)),
    "proconnect_left": Row("/deconnexion/retour/", always(400)),
    "proconnect_link": Row("/compte/securite/proconnect/", person(405)),
    "proconnect_unlink": Row("/compte/securite/proconnect/1/fin/", person(405)),
    "enrol": Row("/compte/second-facteur/", person()),
    "confirm_resume": Row("/compte/confirmer/reprendre/", person(302)),
    "confirm": Row("/compte/confirmer/", person(302)),
    "security": Row("/compte/securite/", person()),
    "password": Row("/compte/securite/mot-de-passe/", person()),
    "recovery_codes": Row("/compte/securite/codes-de-secours/", person(405)),
    "factor_remove": Row("/compte/securite/facteurs/1/fin/", person(405)),
    "sessions_end": Row("/compte/securite/sessions/fin/", person(405)),
    "session_end": Row("/compte/securite/sessions/1/fin/", person(405)),
    "account": Row("/compte/", person()),
    "tokens": Row(
        "/compte/jetons/",
        rights(
            lambda reader, code: bool(reader.verbs.get("E")) and not reader.exports_by_exception
        ),
        rights(
            lambda reader, code: bool(reader.verbs.get("E")) and not reader.exports_by_exception
        ),
    ),
    "token_revoke": Row("/compte/jetons/1/fin/", person(405), person(404)),
    "access_ask": Row("/acces/", always(200)),
    "access_sent": Row("/acces/envoyee/", always(200)),
    "register": Row("/organismes/", always(200)),
    "activation": Row("/activation/x/", always(410)),
    "role_offer": Row("/compte/roles-proposes/1/", person(404), person(404)),
    "charter": Row("/compte/charte/", person()),
    "administration": Row("/compte/administration/", administers()),
    "invite": Row("/compte/administration/inviter/", administers(), administers()),
    "access_request": Row("/compte/administration/demandes/1/", administers(404), administers(404)),
    "invitation_renew": Row(
        "/compte/administration/invitations/1/renouveler/", person(405), administers(404)
    ),
    "invitation_withdraw": Row(
        "/compte/administration/invitations/1/retirer/", person(405), administers(404)
    ),
    "managed_person": Row(PERSON, manages()),
    "managed_history": Row(f"{PERSON}historique/", manages()),
    "reads": Row("/compte/administration/lectures/", administers()),
    "managed_role_remove": Row(f"{PERSON}roles/0/fin/", person(405), administers(404)),
    "managed_deactivate": Row(f"{PERSON}desactiver/", person(405), manages(302)),
    "managed_reactivate": Row(f"{PERSON}reactiver/", person(405), manages(302)),
    "managed_factor_reset": Row(f"{PERSON}second-facteur/fin/", person(405), manages(302)),
    "managed_anonymise": Row(f"{PERSON}anonymiser/", manages(), manages(302)),
    "permissions": Row("/compte/permissions/", person()),
    "grants": Row("/compte/administration/droits/", administers(), administers()),
    "exceptions": Row("/compte/administration/exceptions/", administers()),
    "grant_approve": Row("/compte/administration/droits/1/approuver/", person(405), approves),
    "grant_withdraw": Row(
        "/compte/administration/droits/1/retirer/", administers(404), administers(404)
    ),
    "seen_as": Row("/compte/voir-en-tant-que/", administers(), administers()),
    "seen_as_end": Row("/compte/voir-en-tant-que/fin/", person(405), person(302)),
    "managed_rights": Row(f"{PERSON}droits/", manages(), manages()),
    "readers": Row(
        f"{SITE}lecteurs/general/",
        rights(lambda reader, code: code in reader.reads, no=404),
        extra=tuple(f"{SITE}lecteurs/{each.value}/" for each in RESTRICTED),
    ),
    "sites": Row("/sites/", person(302)),
    "site_new": Row(
        "/sites/nouveau/",
        rights(lambda reader, code: bool(reader.verbs.get("C"))),
        rights(lambda reader, code: bool(reader.verbs.get("C"))),
    ),
    "site": Row(
        SITE,
        rights(lambda reader, code: code in reader.reads, no=404),
        extra=(f"{SITE}?fragment=1", "/sites/{closed}/", "/sites/{closed}/?fragment=1"),
    ),
    "site_history": Row(
        f"{SITE}historique/",
        rights(lambda reader, code: code in reader.reads, no=404),
        extra=(
            f"{SITE}historique/?au=2024-01-01",
            f"{SITE}historique/?au={{today}}",
            "/sites/{closed}/historique/",
            "/sites/{closed}/historique/?au={today}",
        ),
    ),
    "site_edit": Row(f"{SITE}modifier/", letter("U"), letter("U")),
    "site_confirm": Row(f"{SITE}confirmer/", person(405), letter("U", 302)),
    "site_close": Row(f"{SITE}fermer/", letter("X"), letter("X")),
    "site_origin": Row(f"{SITE}origines/", letter("U"), letter("U")),
    "site_owners": Row(f"{SITE}proprietaires/", block(DataClass.OWNER), block(DataClass.OWNER)),
    "site_judicial": Row(
        f"{SITE}judiciaire/", block(DataClass.JUDICIAL), block(DataClass.JUDICIAL)
    ),
    "site_health": Row(f"{SITE}sante/", block(DataClass.HEALTH), block(DataClass.HEALTH)),
    "site_costs": Row(f"{SITE}couts/", block(DataClass.FINANCE), block(DataClass.FINANCE)),
    "prints": Row("/impressions/", person()),
    "healthz": Row("/healthz", always(200)),
    "readyz": Row("/readyz", always(503)),
    "carte": Row("/carte/", lambda reader, code: -1),
    "carte-aller": Row("/carte/aller/", person(302)),
    "carte-regroupements": Row("/carte/regroupements.json", person(400)),
    "carte-reperes": Row("/carte/reperes/{code}.json", always(404)),
    "carte-territoire": Row(
        "/carte/communes/{code}/",
        person(),
        extra=(
            "/carte/departements/93/?v=list",
            "/carte/departements/13/?v=list",
            f"/carte/departements/93/?v=list&{PAST}",
            "/carte/regions/11/",
        ),
    ),
    "geocoding": Row("/geocodage/", person(400)),
}


def filled(path: str, world: World, code: str) -> str:
    """A path about the site of a commune."""
    return path.format(
        today=timezone.localdate().isoformat(),
        site=world.site(code),
        closed=world.closed[code].pk,
        code=code,
        user=world.other.pk,
    )


def names() -> Iterator[str]:
    """The name of every address of the product."""

    def walk(resolver: URLResolver) -> Iterator[str]:
        for each in resolver.url_patterns:
            if isinstance(each, URLResolver):
                yield from walk(each)
            elif isinstance(each, URLPattern):
                yield each.name or str(each.pattern)

    yield from walk(get_resolver())
