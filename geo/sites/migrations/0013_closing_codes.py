"""One closing in force for a site, known codes only; versions that nobody read are no longer raised."""

from django.db import migrations, models

from geo.core.versions import drop_version_sql, version_sql

BY_CLASS = {
    "site_owner": ("sites", "sites.owner"),
    "site_judicial": ("sites.judicial",),
    "site_health_watch": ("sites.health",),
    "site_cost_estimate": ("sites.finance",),
}
LEFT = {"site_owner": ("sites",)}


class Migration(migrations.Migration):
    dependencies = [
        ("sites", "0012_address_known"),
    ]

    operations = [
        migrations.AddConstraint(
            model_name="closure",
            constraint=models.UniqueConstraint(
                condition=models.Q(("reopened_on__isnull", True)),
                fields=("site",),
                name="closure_one_in_force",
            ),
        ),
        migrations.AddConstraint(
            model_name="closure",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "cause__in",
                        [
                            "resorbed",
                            "closed_by_justice",
                            "closed_by_pref_admin",
                            "closed_by_city_admin",
                            "other",
                            "unknown",
                        ],
                    )
                ),
                name="closure_cause",
            ),
        ),
        migrations.AddConstraint(
            model_name="closure",
            constraint=models.CheckConstraint(
                condition=models.Q(("closed_with_solutions__in", ["yes", "no", "unknown"])),
                name="closure_solutions",
            ),
        ),
        migrations.AddConstraint(
            model_name="closuresolution",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "type__in",
                        ["emergency_shelter", "long_term_adapted", "housing", "none", "other"],
                    )
                ),
                name="closure_solution_type",
            ),
        ),
        *(
            migrations.RunSQL(
                drop_version_sql(table)
                + (version_sql(table, *LEFT[table]) if table in LEFT else ""),
                drop_version_sql(table) + version_sql(table, *layers),
            )
            for table, layers in BY_CLASS.items()
        ),
    ]
