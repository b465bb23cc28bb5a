-- The reinstallations whose people settled on one of the sites shown.
SELECT f.id
FROM ({flows}) f
JOIN ({base}) r ON r.id = f.site
ORDER BY f.id
