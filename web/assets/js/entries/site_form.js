/** The form of a site. */
