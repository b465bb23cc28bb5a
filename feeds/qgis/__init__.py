"""QGIS projects and layer definitions of the registered collections."""
