"""A small client of the Atlas feeds for analysts: GeoDataFrames with types, projection and sources.

Needs requests and geopandas; maps also need folium. Leaves rights to the server: a token gives what
its owner may export, nothing more.
"""

from atlas_client.client import Client
from atlas_client.errors import AtlasError

__all__ = ["AtlasError", "Client"]
