"""Accounts that the nation closed: only the nation opens them again."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0012_read_alert_kind"),
    ]

    operations = [
        migrations.AddField(
            model_name="user",
            name="closed_nationally",
            field=models.BooleanField(
                default=False, verbose_name="désactivé par l'échelon national"
            ),
        ),
    ]
