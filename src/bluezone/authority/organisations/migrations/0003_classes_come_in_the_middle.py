from django.db import migrations, models


class Migration(migrations.Migration):
    """A class that is added during a school year owes nothing of rounds before."""

    dependencies = [("organisations", "0002_edits")]

    operations = [
        migrations.AddField("schoolclass", "registered_at", models.DateTimeField(null=True)),
    ]
