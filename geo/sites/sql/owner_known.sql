-- Completion asks whether an owner is known, of every record and whatever the reader's rights: the
-- spans of days are kept on the site, for the owners themselves are hidden from most readers.
CREATE FUNCTION site_owner_known() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE site s SET owner_known = k.known
    FROM (
        SELECT c.site_id, coalesce(
            (
                SELECT range_agg(daterange(o.observed_on, o.ended_on))
                FROM site_owner o WHERE o.site_id = c.site_id AND o.category <> 'unknown'
            ),
            datemultirange()) AS known
        FROM (SELECT DISTINCT site_id FROM changed) c
    ) k
    WHERE s.id = k.site_id AND s.owner_known IS DISTINCT FROM k.known;
    RETURN NULL;
END $$;
CREATE TRIGGER site_owner_known_insert AFTER INSERT ON site_owner
REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION site_owner_known();
CREATE TRIGGER site_owner_known_delete AFTER DELETE ON site_owner
REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION site_owner_known();
CREATE TRIGGER site_owner_known_update AFTER UPDATE ON site_owner
REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION site_owner_known();
