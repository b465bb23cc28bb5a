-- The ledger of erasures is written by the one door below, read, and never changed.
DO $$
DECLARE grantee text;
BEGIN
    FOR grantee IN
        SELECT DISTINCT g.grantee FROM information_schema.role_table_grants g
        WHERE g.table_schema = 'public' AND g.table_name = 'erasure' AND g.grantee <> current_user
    LOOP
        EXECUTE format('REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON erasure FROM %I', grantee);
    END LOOP;
END $$;

CREATE FUNCTION erasure_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'an erasure is never changed' USING ERRCODE = '42501';
END $$;
CREATE TRIGGER erasure_kept BEFORE UPDATE OR DELETE ON erasure
FOR EACH ROW EXECUTE FUNCTION erasure_kept();

-- Notes in the ledger that rows were erased, and takes from the history what it says of each until
-- then: who and when stay, and a digest in place of the values. A name is in no event.
CREATE FUNCTION history_redact(
    of_rule text, what text, of_table text, objects bigint[], untils timestamptz[]
) RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    was text[] := scope_widen();
    redacted bigint;
BEGIN
    IF of_table NOT IN ('site_owner', 'site_judicial', 'site_health_watch') THEN
        RAISE EXCEPTION 'no rule erases %', of_table USING ERRCODE = '42501';
    END IF;
    WITH written AS (
        INSERT INTO erasure (rule, effect, source_table, object_id, context)
        SELECT of_rule, what, of_table, o.id, history_context() FROM unnest(objects) AS o(id)
        RETURNING id, object_id
    )
    UPDATE site_event e
    SET content_digest = history_content(e.salt, e.before, e.after), erasure_id = w.id,
        salt = NULL, before = '{}', after = '{}'
    FROM written w JOIN unnest(objects, untils) AS o(id, until) ON o.id = w.object_id
    WHERE e.source_table = of_table AND e.object_id = o.id AND e.at <= o.until
        AND e.data_class IN ('owner', 'judicial', 'health', 'finance')
        AND e.erasure_id IS NULL AND what <> 'name';
    GET DIAGNOSTICS redacted = ROW_COUNT;
    PERFORM scope_restore(was);
    RETURN redacted;
END $$;
REVOKE EXECUTE ON FUNCTION history_redact(text, text, text, bigint[], timestamptz[]) FROM PUBLIC;
DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'atlas_erase') THEN
        GRANT EXECUTE ON FUNCTION history_redact(text, text, text, bigint[], timestamptz[])
        TO atlas_erase;
    ELSE
        RAISE WARNING 'no role atlas_erase: the rules of retention cannot erase (docs/history.md)';
    END IF;
END $$;
