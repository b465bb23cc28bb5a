-- When the geography changes under the sites, their codes and their communal point follow: each
-- site concerned goes through the one rule again (site_location_place). A site that no commune
-- takes any more keeps the codes it had. Runs as the owner, whatever rows the importer may see.
CREATE FUNCTION sites_follow_communes() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    UPDATE site_location l SET geom = l.geom
    FROM (
        SELECT p.site_id
        FROM (SELECT site_id, commune_at(geom) AS code FROM site_location OFFSET 0) p
        JOIN site s ON s.id = p.site_id
        JOIN commune c ON c.code = p.code
        WHERE (s.commune_code, s.epci_code, s.departement_code, s.region_code, s.commune_point)
            IS DISTINCT FROM (c.code, c.epci_code, c.departement_code, c.region_code,
                coalesce(c.point, ST_PointOnSurface(c.contour)))
    ) moved
    WHERE moved.site_id = l.site_id;
    RETURN NULL;
END $$;

CREATE TRIGGER commune_sites_follow
AFTER INSERT OR UPDATE OF contour, point, epci_code, departement_code, region_code, srid ON commune
FOR EACH STATEMENT EXECUTE FUNCTION sites_follow_communes();

-- A site's codes are no foreign keys: they are written after its row. What a foreign key would
-- refuse is refused here.
CREATE FUNCTION sites_hold_territory() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    held boolean;
BEGIN
    EXECUTE format('SELECT EXISTS (SELECT 1 FROM site WHERE %I = $1)', TG_TABLE_NAME || '_code')
    INTO held USING OLD.code;
    IF held THEN
        RAISE EXCEPTION '% still names sites', TG_TABLE_NAME USING ERRCODE = '23503';
    END IF;
    RETURN OLD;
END $$;

CREATE TRIGGER region_sites_hold BEFORE DELETE ON region
FOR EACH ROW EXECUTE FUNCTION sites_hold_territory();
CREATE TRIGGER departement_sites_hold BEFORE DELETE ON departement
FOR EACH ROW EXECUTE FUNCTION sites_hold_territory();
CREATE TRIGGER epci_sites_hold BEFORE DELETE ON epci
FOR EACH ROW EXECUTE FUNCTION sites_hold_territory();
CREATE TRIGGER commune_sites_hold BEFORE DELETE ON commune
FOR EACH ROW EXECUTE FUNCTION sites_hold_territory();
