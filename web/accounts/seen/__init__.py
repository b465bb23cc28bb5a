"""« Voir en tant que »: an administrator reads the platform as a role on a territory."""
