-- A footprint holds until the next one of its site, or until the day it was taken away.
CREATE FUNCTION chain_footprints() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE site_footprint o SET valid_until = n.until FROM (
        SELECT id, least(
            ended_on,
            lead(observed_on) OVER (PARTITION BY site_id ORDER BY observed_on),
            DATE '9999-12-31') AS until
        FROM site_footprint WHERE site_id IN (SELECT site_id FROM changed)
    ) n WHERE o.id = n.id AND o.valid_until IS DISTINCT FROM n.until;
    RETURN NULL;
END $$;
