-- Where the reader administers accounts is a right as the others; who they are is none.
CREATE OR REPLACE FUNCTION scope_names() RETURNS text[] LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT ARRAY['visible', 'exact', 'creating', 'writing', 'deleting',
        'owner', 'judicial', 'health', 'finance',
        'owner_writing', 'judicial_writing', 'health_writing', 'finance_writing', 'administering']
$$;

CREATE FUNCTION scope_person() RETURNS bigint LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT nullif(nullif(current_setting('atlas.person', true), ''), '-')::bigint
$$;

-- What a migration creates is called by the application and by nobody else.
ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;
DO $$
DECLARE
    called record;
    grantee text;
    grantees text[] := ARRAY(
        SELECT DISTINCT g.grantee FROM information_schema.role_table_grants g
        WHERE g.table_schema = 'public' AND g.table_name = 'mail_sent' AND g.privilege_type = 'INSERT'
            AND g.grantee <> current_user);
BEGIN
    FOREACH grantee IN ARRAY grantees LOOP
        EXECUTE format(
            'ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT EXECUTE ON FUNCTIONS TO %I', grantee);
    END LOOP;
    FOR called IN
        SELECT p.oid::regprocedure AS name, p.prosecdef AND p.prorettype <> 'trigger'::regtype AS door
        FROM pg_proc p LEFT JOIN pg_depend d ON d.objid = p.oid AND d.deptype = 'e'
        WHERE p.pronamespace = 'public'::regnamespace AND d.objid IS NULL
            AND p.proowner = current_user::regrole
    LOOP
        EXECUTE format('REVOKE EXECUTE ON ROUTINE %s FROM PUBLIC', called.name);
        -- What runs with the rights of the owner is given by its own migration.
        IF NOT called.door THEN
            FOREACH grantee IN ARRAY grantees LOOP
                EXECUTE format('GRANT EXECUTE ON ROUTINE %s TO %I', called.name, grantee);
            END LOOP;
        END IF;
    END LOOP;
END $$;
