-- The application adds and reads lines, and deletes none; the daily purge goes through this door,
-- which opens on lines of more than a year whatever it is asked.
CREATE FUNCTION read_log_purge(before timestamptz) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE purged bigint;
BEGIN
    IF before > now() - interval '365 days' THEN
        RAISE EXCEPTION 'the read log is kept for a year' USING ERRCODE = '42501';
    END IF;
    DELETE FROM read_log WHERE at < before;
    GET DIAGNOSTICS purged = ROW_COUNT;
    RETURN purged;
END $$;
