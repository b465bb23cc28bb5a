-- An empty setting is what a transaction leaves behind: as much an error as none at all.
CREATE FUNCTION scope_setting(wanted text) RETURNS text LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
DECLARE
    found text := current_setting('atlas.' || wanted, true);
BEGIN
    IF coalesce(found, '') = '' THEN
        RAISE EXCEPTION 'no reader in this transaction'
            USING ERRCODE = '42501', HINT = 'The application reads inside rls.reading(scope).';
    END IF;
    RETURN found;
END $$;

-- A number, compared with <>: of that the planner expects every row, and plans as without policies.
-- The first wall has chosen the rows already. Of a truth value it would expect one row in two.
CREATE FUNCTION scope_everywhere(wanted text) RETURNS integer
LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
BEGIN
    RETURN (scope_setting(wanted) = '*')::integer;
END $$;

CREATE FUNCTION scope_areas(wanted text) RETURNS text[]
LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
BEGIN
    RETURN string_to_array(scope_setting(wanted), ',');
END $$;

-- For the few functions that must work everywhere whoever calls them: all rights, and their return.
CREATE FUNCTION scope_widen() RETURNS text[] LANGUAGE plpgsql AS $$
DECLARE
    names text[] := ARRAY['visible', 'exact', 'creating', 'writing', 'deleting',
        'judicial', 'owner', 'health', 'finance'];
    was text[];
BEGIN
    SELECT array_agg(current_setting('atlas.' || name, true) ORDER BY at) INTO was
    FROM unnest(names) WITH ORDINALITY AS n(name, at);
    PERFORM set_config('atlas.' || name, '*', true) FROM unnest(names) AS n(name);
    RETURN was;
END $$;

CREATE FUNCTION scope_restore(was text[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    names text[] := ARRAY['visible', 'exact', 'creating', 'writing', 'deleting',
        'judicial', 'owner', 'health', 'finance'];
BEGIN
    PERFORM set_config('atlas.' || names[i], coalesce(was[i], ''), true)
    FROM generate_subscripts(names, 1) AS i;
END $$;
