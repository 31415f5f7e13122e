from django.db import migrations, models


class Migration(migrations.Migration):
    """A figure that was withdrawn tells by whom."""

    dependencies = [("adoption", "0001_initial")]

    operations = [
        migrations.AddField("fact", "ended_by", models.CharField(default="", max_length=60)),
    ]
