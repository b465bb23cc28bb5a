-- The code of the commune at a WGS84 point: the municipal arrondissement where there is one, else
-- the commune; within 2 km off every contour, the nearest; NULL elsewhere.
CREATE FUNCTION commune_at(place geometry) RETURNS text LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
DECLARE
    found text;
BEGIN
    SELECT c.code INTO found
    FROM commune c
    WHERE c.contour && place AND ST_Intersects(c.contour, place)
    ORDER BY (c.main_commune_code IS NULL), c.code
    LIMIT 1;
    IF found IS NULL THEN
        SELECT n.code INTO found
        FROM (
            SELECT c.code, c.main_commune_code, c.contour
            FROM commune c
            WHERE c.contour && ST_Expand(place, 0.03)
            ORDER BY c.contour <-> place
            LIMIT 4
        ) n
        WHERE ST_DWithin(n.contour::geography, place::geography, 2000)
        ORDER BY ST_Distance(n.contour::geography, place::geography), (n.main_commune_code IS NULL)
        LIMIT 1;
    END IF;
    RETURN found;
END $$;
