-- What a trigger names as `exactly` is told to readers of the exact place alone: those columns leave
-- an event of their own, of the class of the place, at the same moment as the rest of the row.
CREATE OR REPLACE FUNCTION history_write() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    kept_in text := TG_ARGV[0];
    of_class text := TG_ARGV[1];
    left_out text[] := string_to_array(TG_ARGV[2], ',');
    masks text[] := string_to_array(TG_ARGV[3], ',');
    exactly text[] := coalesce(string_to_array(TG_ARGV[4], ','), '{}');
    written_at timestamptz := clock_timestamp();
    was jsonb := CASE WHEN TG_OP <> 'INSERT' THEN to_jsonb(OLD) END;
    becomes jsonb := CASE WHEN TG_OP <> 'DELETE' THEN to_jsonb(NEW) END;
    of_row jsonb := coalesce(becomes, was);
    changed text[];
    apart text[];
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
        -- A text that is empty says nothing, unless it was emptied.
        SELECT coalesce(array_agg(key), '{}') INTO apart FROM jsonb_each(was || becomes)
        WHERE key = ANY (exactly) AND (TG_OP = 'UPDATE' OR value NOT IN ('null', '""', '[]'));
        INSERT INTO site_event (at, site_id, areas, other_areas, data_class, source_table,
            object_id, operation, before, after, context)
        SELECT written_at, substr(area, 2)::bigint,
            ARRAY(SELECT jsonb_array_elements_text(side.areas)),
            CASE WHEN side.others IS NOT NULL
                THEN ARRAY(SELECT jsonb_array_elements_text(side.others)) END,
            part.of_class, TG_TABLE_NAME,
            coalesce(of_row ->> 'id', of_row ->> 'site_id')::bigint, lower(TG_OP),
            part.was, part.becomes, history_context()
        -- What binds two sites is of the past of both.
        FROM (
            VALUES (of_row -> 'areas', of_row -> 'origin_areas'),
                (of_row -> 'origin_areas', of_row -> 'areas')
        ) AS side(areas, others)
        CROSS JOIN jsonb_array_elements_text(side.areas) AS area
        CROSS JOIN (
            VALUES (1, of_class, was - exactly, becomes - exactly), (2, 'place',
                was - ARRAY(SELECT jsonb_object_keys(was) EXCEPT SELECT unnest(apart)),
                becomes - ARRAY(SELECT jsonb_object_keys(becomes) EXCEPT SELECT unnest(apart)))
        ) AS part(nth, of_class, was, becomes)
        WHERE area LIKE 'S%' AND CASE part.nth WHEN 2 THEN apart <> '{}'
            ELSE TG_OP <> 'UPDATE' OR part.becomes <> '{}' END
        ORDER BY area, part.nth;
    ELSE
        INSERT INTO account_event (at, user_id, source_table, object_id, operation, before, after,
            context)
        VALUES (written_at,
            CASE TG_TABLE_NAME WHEN 'account' THEN of_row ->> 'id' ELSE of_row ->> 'user_id'
                END::bigint,
            TG_TABLE_NAME, (of_row ->> 'id')::bigint, lower(TG_OP), was, becomes,
            history_context());
    END IF;
    RETURN NULL;
END $$;
