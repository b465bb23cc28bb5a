"""The restricted blocks of a site as pages: on its sheet, and one form for each."""
