-- Counts by territory: the five states, people of the sites that still exist, the middle of the sites, the site where it is alone.
SELECT {level},
       count(*) FILTER (WHERE status = 'open'),
       count(*) FILTER (WHERE status = 'resorption'),
       count(*) FILTER (WHERE status = 'closed' AND closure_kind = 'resorption'),
       count(*) FILTER (WHERE status = 'closed' AND closure_kind = 'evacuation'),
       count(*) FILTER (WHERE status = 'closed' AND closure_kind NOT IN ('resorption', 'evacuation')),
       coalesce(sum(people) FILTER (WHERE status <> 'closed'), 0),
       avg(ST_X(geom)),
       avg(ST_Y(geom)),
       CASE WHEN count(*) = 1 THEN min(id) END
FROM ({base}) r
GROUP BY {level}
ORDER BY {level}
