-- A dated row holds until the next one of the same site: the state at any date is one join.
CREATE FUNCTION chain_valid_until() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format(
        'UPDATE %1$I o SET valid_until = n.until FROM (
            SELECT id, coalesce(
                lead(observed_on) OVER (PARTITION BY site_id ORDER BY observed_on),
                DATE ''9999-12-31'') AS until
            FROM %1$I WHERE site_id IN (SELECT site_id FROM changed)
        ) n WHERE o.id = n.id AND o.valid_until IS DISTINCT FROM n.until',
        TG_TABLE_NAME);
    RETURN NULL;
END $$;

CREATE FUNCTION footprint_measure() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.area_m2 := ST_Area(NEW.geom::geography);
    RETURN NEW;
END $$;

CREATE TRIGGER footprint_measure
BEFORE INSERT OR UPDATE OF geom ON site_footprint
FOR EACH ROW EXECUTE FUNCTION footprint_measure();

ALTER TABLE site_footprint ADD CONSTRAINT footprint_usable CHECK (
    ST_IsValid(geom) AND ST_NPoints(geom) <= 2000 AND NOT ST_IsEmpty(geom)
);
