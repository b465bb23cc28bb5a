-- Roles of the private cluster, run by its superuser. Nobody has a password: the socket asks the
-- kernel who is calling (peer) and pg_ident.conf says which role that person may take.
SELECT format('CREATE ROLE %I LOGIN', name)
FROM unnest(ARRAY['atlas_owner', 'atlas_app', 'atlas_erase']) AS name
WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name)
\gexec

ALTER ROLE atlas_owner CREATEDB NOSUPERUSER NOCREATEROLE NOBYPASSRLS NOREPLICATION;
ALTER ROLE atlas_app NOCREATEDB NOSUPERUSER NOCREATEROLE NOBYPASSRLS NOREPLICATION;

-- What the application may, and the one door of the erasures (history_redact); for the worker alone.
ALTER ROLE atlas_erase NOCREATEDB NOSUPERUSER NOCREATEROLE NOBYPASSRLS NOREPLICATION;
GRANT atlas_app TO atlas_erase;
