-- What a database of the private cluster holds before the first migration, run by its superuser
-- in template1, so that whatever the owner creates from it (test databases too) inherits it, and
-- again in `atlas`, so that a change of this file reaches it.
CREATE EXTENSION IF NOT EXISTS postgis;
CREATE EXTENSION IF NOT EXISTS pg_trgm;
CREATE EXTENSION IF NOT EXISTS unaccent;
CREATE EXTENSION IF NOT EXISTS btree_gist;

-- Compares boxes and raises nothing, so that `&&` may use its index under row-level security.
-- No other function gets this mark: the others can raise, and quote coordinates when they do.
ALTER FUNCTION geometry_overlaps(geometry, geometry) LEAKPROOF;

-- These read the statistics, which know the extent of the rows that a policy hides.
SELECT format('REVOKE EXECUTE ON FUNCTION %s FROM PUBLIC', oid::regprocedure)
FROM pg_proc
WHERE proname IN ('st_estimatedextent', '_postgis_stats', '_postgis_selectivity')
\gexec

REVOKE CREATE ON SCHEMA public FROM PUBLIC;
GRANT USAGE, CREATE ON SCHEMA public TO atlas_owner;
GRANT USAGE ON SCHEMA public TO atlas_app;

-- The application reads and writes rows; it neither truncates nor owns.
ALTER DEFAULT PRIVILEGES FOR ROLE atlas_owner IN SCHEMA public
    GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO atlas_app;
ALTER DEFAULT PRIVILEGES FOR ROLE atlas_owner IN SCHEMA public
    GRANT USAGE, SELECT ON SEQUENCES TO atlas_app;

-- Where the migrations met no erasing role, it has its door from here.
SELECT format('GRANT EXECUTE ON FUNCTION %s TO atlas_erase', oid::regprocedure)
FROM pg_proc WHERE proname IN ('history_redact', 'read_log_purge') AND pronamespace = 'public'::regnamespace
\gexec
