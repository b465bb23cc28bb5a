-- Whoever may read a restricted class may not always write it: nine rights become thirteen.
CREATE FUNCTION scope_names() RETURNS text[] LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT ARRAY['visible', 'exact', 'creating', 'writing', 'deleting',
        'owner', 'judicial', 'health', 'finance',
        'owner_writing', 'judicial_writing', 'health_writing', 'finance_writing']
$$;

CREATE OR REPLACE FUNCTION scope_widen() RETURNS text[] LANGUAGE plpgsql AS $$
DECLARE
    was text[];
BEGIN
    SELECT array_agg(current_setting('atlas.' || name, true) ORDER BY at) INTO was
    FROM unnest(scope_names()) WITH ORDINALITY AS n(name, at);
    PERFORM set_config('atlas.' || name, '*', true) FROM unnest(scope_names()) AS n(name);
    RETURN was;
END $$;

CREATE OR REPLACE FUNCTION scope_restore(was text[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM set_config('atlas.' || name, coalesce(was[at], ''), true)
    FROM unnest(scope_names()) WITH ORDINALITY AS n(name, at);
END $$;
