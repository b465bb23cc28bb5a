-- What an event says, behind a salt of its own: once both are erased the digest tells nothing.
CREATE FUNCTION history_content(salt uuid, was jsonb, becomes jsonb) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT encode(sha256(convert_to(salt::text || was::text || becomes::text, 'UTF8')), 'hex')
$$;

CREATE OR REPLACE FUNCTION history_kept() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    moved text[] := ARRAY['areas', 'other_areas'];
    said text[] := ARRAY['before', 'after', 'salt', 'content_digest', 'erasure_id'];
BEGIN
    IF TG_OP = 'INSERT' AND pg_trigger_depth() > 1 THEN
        RETURN NEW;
    END IF;
    -- A site that moves takes its history along: what the events say stays.
    IF TG_OP = 'UPDATE' AND pg_trigger_depth() > 1
        AND to_jsonb(NEW) - moved = to_jsonb(OLD) - moved THEN
        RETURN NEW;
    END IF;
    -- The door of the erasures runs as the owner: the values go, their digest and an erasure stay.
    IF TG_OP = 'UPDATE'
        AND (SELECT relowner = current_user::regrole FROM pg_class WHERE oid = TG_RELID)
        AND OLD.erasure_id IS NULL AND NEW.erasure_id IS NOT NULL AND NEW.salt IS NULL
        AND NEW.before = '{}' AND NEW.after = '{}'
        AND NEW.content_digest = history_content(OLD.salt, OLD.before, OLD.after)
        AND to_jsonb(NEW) - said = to_jsonb(OLD) - said THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'an event of the history is never written by hand' USING ERRCODE = '42501';
END $$;
