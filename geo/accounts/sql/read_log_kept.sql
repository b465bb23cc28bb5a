-- Lines are added and read, never changed: only the owner of the table may purge the old ones.
DO $$
DECLARE grantee text;
BEGIN
    FOR grantee IN
        SELECT DISTINCT g.grantee FROM information_schema.role_table_grants g
        WHERE g.table_schema = 'public' AND g.table_name = 'read_log' AND g.grantee <> current_user
    LOOP
        EXECUTE format('REVOKE UPDATE, DELETE, TRUNCATE ON read_log FROM %I', grantee);
    END LOOP;
END $$;

CREATE FUNCTION read_log_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a line of the read log is never changed' USING ERRCODE = '42501';
END $$;
CREATE TRIGGER read_log_kept BEFORE UPDATE ON read_log
FOR EACH ROW EXECUTE FUNCTION read_log_kept();
