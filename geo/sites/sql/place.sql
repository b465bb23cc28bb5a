-- The exact point decides everything that says where a site is: the codes of its territories and
-- its two blurred points. Statement order: the site's row exists, its location is written after it.
CREATE FUNCTION site_location_place() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    home record;
    cell geometry;
BEGIN
    SELECT c.code, c.epci_code, c.departement_code, c.region_code, c.srid,
           coalesce(c.point, ST_PointOnSurface(c.contour)) AS point
    INTO home
    FROM commune c
    WHERE c.code = commune_at(NEW.geom);
    IF NOT FOUND THEN
        RAISE EXCEPTION 'site location outside every commune' USING ERRCODE = '23514';
    END IF;
    NEW.departement_code := home.departement_code;
    -- The centre of the cell of a fixed 500 m grid, in the legal projection of the territory.
    cell := ST_Transform(NEW.geom, home.srid);
    cell := ST_SetSRID(
        ST_MakePoint(floor(ST_X(cell) / 500) * 500 + 250, floor(ST_Y(cell) / 500) * 500 + 250),
        home.srid
    );
    UPDATE site SET
        commune_code = home.code,
        epci_code = home.epci_code,
        departement_code = home.departement_code,
        region_code = home.region_code,
        grid_point = ST_Transform(cell, 4326),
        commune_point = home.point
    WHERE id = NEW.site_id;
    RETURN NEW;
END $$;

CREATE TRIGGER site_location_place
BEFORE INSERT OR UPDATE OF geom ON site_location
FOR EACH ROW EXECUTE FUNCTION site_location_place();
