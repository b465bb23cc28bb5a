-- Counts by status and kind of closing; people where sites still exist.
SELECT status, closure_kind, count(*),
       coalesce(sum(people) FILTER (WHERE status <> 'closed'), 0),
       count(*) FILTER (WHERE status <> 'closed' AND people IS NULL),
       max(updated_at)
FROM ({base}) r
GROUP BY status, closure_kind
