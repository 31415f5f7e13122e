"""What ails the fetching of an authority's keys is kept with the authority: a log line was all that told."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = (("keys", "0010_every_limit_is_kept"),)

    operations = (
        migrations.AddField(
            model_name="healthauthority",
            name="jwks_error",
            field=models.CharField(blank=True, default="", max_length=300),
            preserve_default=False,
        ),
    )
