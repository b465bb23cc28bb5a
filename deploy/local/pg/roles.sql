-- Roles of the private cluster, run by its superuser. Nobody has a password: the socket asks the
-- kernel who is calling (peer) and pg_ident.conf says which role that person may take.
SELECT format('CREATE ROLE %I LOGIN', name)
FROM unnest(ARRAY['atlas_owner', 'atlas_app']) AS name
WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name)
\gexec

ALTER ROLE atlas_owner CREATEDB NOSUPERUSER NOCREATEROLE NOBYPASSRLS NOREPLICATION;
ALTER ROLE atlas_app NOCREATEDB NOSUPERUSER NOCREATEROLE NOBYPASSRLS NOREPLICATION;
