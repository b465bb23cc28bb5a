-- Counts by status and kind of closing.
SELECT status, closure_kind, count(*), coalesce(sum(people), 0), count(people), max(updated_at)
FROM ({base}) r
GROUP BY status, closure_kind
