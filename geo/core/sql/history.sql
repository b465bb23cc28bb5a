-- One event for each change of a row, whoever makes it: the columns that changed, before and after.
-- What the trigger names as `left_out` is never kept; of what it `masks` only the change is.
CREATE FUNCTION history_values(of_row jsonb, left_out text[], masks text[]) RETURNS jsonb
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT coalesce(jsonb_object_agg(key, CASE
        WHEN key = ANY (masks) AND value NOT IN ('null', '""') THEN '"…"'::jsonb ELSE value END), '{}')
    FROM jsonb_each(of_row) WHERE NOT key = ANY (left_out)
$$;

CREATE FUNCTION history_context() RETURNS jsonb LANGUAGE sql STABLE AS $$
    SELECT nullif(current_setting('atlas.context', true), '')::jsonb
$$;

CREATE FUNCTION history_write() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    kept_in text := TG_ARGV[0];
    of_class text := TG_ARGV[1];
    left_out text[] := string_to_array(TG_ARGV[2], ',');
    masks text[] := string_to_array(TG_ARGV[3], ',');
    was jsonb := CASE WHEN TG_OP <> 'INSERT' THEN to_jsonb(OLD) END;
    becomes jsonb := CASE WHEN TG_OP <> 'DELETE' THEN to_jsonb(NEW) END;
    of_row jsonb := coalesce(becomes, was);
    changed text[];
BEGIN
    IF TG_OP = 'UPDATE' THEN
        SELECT array_agg(key) INTO changed FROM jsonb_each(becomes)
        WHERE value IS DISTINCT FROM was -> key AND NOT key = ANY (left_out);
        IF changed IS NULL THEN
            RETURN NULL;
        END IF;
        SELECT jsonb_object_agg(key, was -> key), jsonb_object_agg(key, becomes -> key)
        INTO was, becomes FROM unnest(changed) AS key;
    END IF;
    was := history_values(was, left_out, masks);
    becomes := history_values(becomes, left_out, masks);
    -- `kept_in` is a word of the migration, never of a request.
    IF kept_in = 'site_event' THEN
        INSERT INTO site_event (at, site_id, areas, other_areas, data_class, source_table,
            object_id, operation, before, after, context)
        SELECT clock_timestamp(), substr(area, 2)::bigint,
            ARRAY(SELECT jsonb_array_elements_text(of_row -> 'areas')),
            CASE WHEN of_row ? 'origin_areas'
                THEN ARRAY(SELECT jsonb_array_elements_text(of_row -> 'origin_areas')) END,
            of_class, TG_TABLE_NAME, coalesce(of_row ->> 'id', of_row ->> 'site_id')::bigint,
            lower(TG_OP), was, becomes, history_context()
        FROM jsonb_array_elements_text(of_row -> 'areas') AS area WHERE area LIKE 'S%';
    ELSE
        INSERT INTO account_event (at, user_id, source_table, object_id, operation, before, after,
            context)
        VALUES (clock_timestamp(),
            CASE TG_TABLE_NAME WHEN 'account' THEN of_row ->> 'id' ELSE of_row ->> 'user_id'
                END::bigint,
            TG_TABLE_NAME, (of_row ->> 'id')::bigint, lower(TG_OP), was, becomes,
            history_context());
    END IF;
    RETURN NULL;
END $$;

-- Events are written by the triggers alone, and never changed: whatever the grants.
CREATE FUNCTION history_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' AND pg_trigger_depth() > 1 THEN
        RETURN NEW;
    END IF;
    -- A site that moves takes its history along: what the events say stays.
    IF TG_OP = 'UPDATE' AND pg_trigger_depth() > 1
        AND to_jsonb(NEW) - 'areas' - 'other_areas' = to_jsonb(OLD) - 'areas' - 'other_areas' THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'an event of the history is never written by hand' USING ERRCODE = '42501';
END $$;
