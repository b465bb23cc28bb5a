-- The functions of follow.sql behind the second wall: they run as the owner, for an import that may
-- see no site, and the policies bind the owner too. They widen the reader's rights while they work.
CREATE OR REPLACE FUNCTION sites_follow_communes() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    was text[] := scope_widen();
BEGIN
    -- Materialized: where each point lies is found once, however the planner joins.
    WITH place AS MATERIALIZED (SELECT site_id, commune_at(geom) AS code FROM site_location)
    UPDATE site_location l SET geom = l.geom
    FROM (
        SELECT p.site_id
        FROM place p
        JOIN site s ON s.id = p.site_id
        JOIN commune c ON c.code = p.code
        WHERE (s.commune_code, s.epci_code, s.departement_code, s.region_code, s.commune_point)
            IS DISTINCT FROM (c.code, c.epci_code, c.departement_code, c.region_code,
                coalesce(c.point, ST_PointOnSurface(c.contour)))
    ) moved
    WHERE moved.site_id = l.site_id;
    PERFORM scope_restore(was);
    RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION sites_hold_territory() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    held boolean;
    was text[] := scope_widen();
BEGIN
    EXECUTE format('SELECT EXISTS (SELECT 1 FROM site WHERE %I = $1)', TG_TABLE_NAME || '_code')
    INTO held USING OLD.code;
    IF held THEN
        RAISE EXCEPTION '% still names sites', TG_TABLE_NAME USING ERRCODE = '23503';
    END IF;
    PERFORM scope_restore(was);
    RETURN OLD;
END $$;
