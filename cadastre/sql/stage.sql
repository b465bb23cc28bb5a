-- Where a file's parcels stand before they are compared with those that are known.
CREATE TEMPORARY TABLE incoming_parcel (
    idu text NOT NULL,
    contenance integer,
    updated text NOT NULL,
    geom geometry(MultiPolygon, 4326) NOT NULL
) ON COMMIT DROP
