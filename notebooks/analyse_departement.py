# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Un département : sites, parcelles, fermetures, services
#
# Ce carnet lit les flux de l'Atlas avec un jeton (« Mon compte », « Jetons ») et mesure dans la
# projection légale du département. Il ne montre que ce que le titulaire du jeton peut exporter.
#
# Deux variables d'environnement : `ATLAS_URL` (défaut : `http://127.0.0.1:8000`) et `ATLAS_TOKEN`.

# %%
import os

import geopandas
import pandas

from atlas_client import Client
from atlas_client.maps import OfflineMap

DEPARTEMENT = os.environ.get("ATLAS_DEPARTEMENT", "93")
SITES_MATCHED = 50  # sites whose parcels are read: one request each

atlas = Client()
atlas.collections()

# %% [markdown]
# ## Les sites à ce jour
#
# `precision` dit ce que vaut chaque point : `exact`, au centre d'une maille de 500 m, ou à la
# commune. Une distance ne se mesure qu'à partir d'un point exact.

# %%
departement = atlas.departements(code=DEPARTEMENT)
projection = int(departement["srid"].iloc[0])
sites = atlas.sites(departement=DEPARTEMENT)
print(f"{len(sites)} sites dans {departement['name'].iloc[0]} ; mesures en EPSG:{projection}")
sites.groupby(["status", "precision"], observed=True).agg(
    sites=("reference", "size"),
    personnes=("people", "sum"),
    sans_effectif=("people", lambda x: x.isna().sum()),
)

# %% [markdown]
# ## Évacuations et résorptions par an
#
# Toutes les fermetures visibles, dans tous les départements du jeton ; l'Atlas en tient la nature.

# %%
closings = pandas.concat(
    [
        atlas.read(name).assign(nature=title)
        for name, title in (
            ("evacuations", "évacuations"),
            ("resorptions", "résorptions"),
            ("other-closures", "autres fermetures"),
        )
    ]
)
by_year = pandas.crosstab(
    [closings["departement"], closings["closed_on"].dt.year.rename("année")], closings["nature"]
)
by_year.tail(12)

# %% [markdown]
# ## Les parcelles sous les emprises
#
# La part de chaque emprise sur chaque parcelle, calculée ici par intersection dans la projection
# légale : à comparer avec ce que l'Atlas a calculé sur la fiche du site.

# %%
footprints = atlas.footprints(departement=DEPARTEMENT).to_crs(projection)
largest = footprints.sort_values("area_m2", ascending=False).head(SITES_MATCHED)
boxes = largest.to_crs(4326).bounds.itertuples(index=False, name=None)
read = [atlas.parcels(bbox=box) for box in boxes]
known = [frame for frame in read if len(frame)]
parcels = (
    geopandas.GeoDataFrame(pandas.concat(known)).loc[lambda x: ~x.index.duplicated()]
    if known
    else atlas.parcels(bbox=(0, 0, 0, 0))
).to_crs(projection)
matched = geopandas.overlay(
    largest.reset_index(drop=True)[["site", "reference", "geometry"]],
    parcels[["idu", "geometry"]],
    how="intersection",
    keep_geom_type=True,
)
matched["overlap_m2"] = matched.area
whole = largest.set_index("site").area
matched["share"] = matched["overlap_m2"] / matched["site"].map(whole)
covered = matched.groupby("site")["share"].sum()
print(
    f"{len(largest)} emprises, {len(parcels)} parcelles lues, {len(matched)} intersections ; "
    f"{(covered > 0.99).sum()} emprises couvertes à plus de 99 %"
)
matched.sort_values("share", ascending=False).drop(columns="geometry").head(10)

# %% [markdown]
# ## Distance à l'école la plus proche
#
# À vol d'oiseau, sites ouverts au point exact seulement ; les écoles sont lues jusqu'à 10 km autour
# du département.

# %%
around = departement.to_crs(projection).buffer(10_000).to_crs(4326).total_bounds
schools = atlas.facilities(kind="school", bbox=tuple(around)).to_crs(projection)
inhabited = sites[(sites["status"] != "closed") & (sites["precision"] == "exact")]
near = geopandas.sjoin_nearest(
    inhabited[["reference", "people", "geometry"]].to_crs(projection),
    schools[["name", "geometry"]],
    distance_col="distance_m",
)
near = near.loc[~near.index.duplicated()]
median_m = near["distance_m"].median()
print(f"{len(schools)} écoles ; médiane {median_m:.0f} m sur {len(near)} sites habités")
near["distance_m"].describe().round()

# %% [markdown]
# ## La carte
#
# Sans réseau : Leaflet est dans la page et le fond est le contour du département. Le fichier
# enregistré contient des positions : il se partage comme le jeton le permet, pas plus.

# %%
chart = OfflineMap(departement, width="100%", height=560)
chart.areas(footprints, "Emprises", "#c9191e")
for status, label in (("open", "Site ouvert"), ("resorption", "Résorption en cours")):
    chart.points(sites[sites["status"] == status], status, label)
local = {"departement": DEPARTEMENT}
chart.points(atlas.evacuations(**local), "evacuations", "Évacuation")
chart.points(atlas.resorptions(**local), "resorptions", "Résorption")
chart.finish(f"Atlas de la résorption, {sites.attrs['read_at'][:10]}")
