-- Completion asks whether the address is known, of every record and whatever the reader's rights:
-- yes or no is kept on the site, for the place itself is hidden from most readers.
CREATE FUNCTION site_address_known() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE site s SET address_known = k.known
    FROM (
        SELECT site_id, address_label <> '' AND address_precision <> 'municipality' AS known
        FROM changed
    ) k
    WHERE s.id = k.site_id AND s.address_known IS DISTINCT FROM k.known;
    RETURN NULL;
END $$;
CREATE TRIGGER site_location_address_insert AFTER INSERT ON site_location
REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION site_address_known();
CREATE TRIGGER site_location_address_update AFTER UPDATE ON site_location
REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION site_address_known();
UPDATE site s SET address_known = true
FROM site_location l
WHERE l.site_id = s.id AND l.address_label <> '' AND l.address_precision <> 'municipality';
-- What is checked at the end is checked now: a table with checks that wait is not altered.
SET CONSTRAINTS ALL IMMEDIATE;
SET CONSTRAINTS ALL DEFERRED;
