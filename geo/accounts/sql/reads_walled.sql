-- The people and the sites of the territories that the reader administers: asked once a statement.
-- A territory lies in those where it is named, or all of its parts are.
CREATE FUNCTION people_administered() RETURNS bigint[] LANGUAGE plpgsql STABLE AS $$
DECLARE
    held text[] := scope_areas('administering');
    inside text[] := ARRAY(SELECT code FROM departement
        WHERE 'D' || code = ANY (held) OR 'R' || region_code = ANY (held));
BEGIN
    RETURN ARRAY(
        SELECT DISTINCT m.user_id FROM membership m
        LEFT JOIN commune c ON m.level = 'commune' AND c.code = m.code
        LEFT JOIN epci e ON m.level = 'epci' AND e.code = m.code
        WHERE (m.level = 'departement' AND m.code = ANY (inside))
            OR (m.level = 'region' AND ('R' || m.code = ANY (held)
                OR (EXISTS (SELECT FROM departement d WHERE d.region_code = m.code)
                    AND NOT EXISTS (SELECT FROM departement d WHERE d.region_code = m.code
                        AND NOT d.code = ANY (inside)))))
            OR c.departement_code = ANY (inside)
            OR ARRAY['C' || c.code, 'C' || c.main_commune_code, 'E' || c.epci_code] && held
            OR 'E' || e.code = ANY (held)
            OR (e.departements::text[] <@ inside AND cardinality(e.departements) > 0));
END $$;

CREATE FUNCTION sites_administered() RETURNS bigint[] LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN ARRAY(SELECT id FROM site WHERE areas && scope_areas('administering'));
END $$;

ALTER TABLE read_log ENABLE ROW LEVEL SECURITY;
ALTER TABLE read_log FORCE ROW LEVEL SECURITY;
CREATE POLICY read_log_read ON read_log FOR SELECT USING (
    (SELECT scope_everywhere('administering')) <> 0
    OR user_id = (SELECT scope_person())
    OR object_ids && (SELECT sites_administered())::bigint[]
    -- About no site: told of one's own people.
    OR object_ids = '{}' AND user_id = ANY ((SELECT people_administered())::bigint[]));
-- Whatever is read is written down, whoever reads.
CREATE POLICY read_log_insert ON read_log FOR INSERT WITH CHECK (true);
CREATE POLICY read_log_update ON read_log FOR UPDATE USING (false);
CREATE POLICY read_log_delete ON read_log FOR DELETE USING (
    (SELECT scope_everywhere('administering')) <> 0);

ALTER TABLE read_alert ENABLE ROW LEVEL SECURITY;
ALTER TABLE read_alert FORCE ROW LEVEL SECURITY;
CREATE POLICY read_alert_read ON read_alert FOR SELECT USING (
    (SELECT scope_everywhere('administering')) <> 0
    OR user_id = (SELECT scope_person())
    OR user_id = ANY ((SELECT people_administered())::bigint[]));
CREATE POLICY read_alert_insert ON read_alert FOR INSERT WITH CHECK (true);
CREATE POLICY read_alert_update ON read_alert FOR UPDATE USING (false);
CREATE POLICY read_alert_delete ON read_alert FOR DELETE USING (
    (SELECT scope_everywhere('administering')) <> 0);

-- The purge is the erasing role's, as all that is erased.
CREATE OR REPLACE FUNCTION read_log_purge(before timestamptz) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    was text[];
    purged bigint;
BEGIN
    IF before > now() - interval '365 days' THEN
        RAISE EXCEPTION 'the read log is kept for a year' USING ERRCODE = '42501';
    END IF;
    was := scope_widen();
    DELETE FROM read_log WHERE at < before;
    GET DIAGNOSTICS purged = ROW_COUNT;
    PERFORM scope_restore(was);
    RETURN purged;
END $$;
