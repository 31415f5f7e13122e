"""Limits of a day are added, never changed: every reason stays on record."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = (("keys", "0009_mirrors_end"),)

    operations = (
        migrations.RemoveConstraint(model_name="issuelimit", name="one_limit_a_day"),
        migrations.AddIndex(
            model_name="issuelimit", index=models.Index(fields=["day"], name="limits_of_a_day")
        ),
    )
