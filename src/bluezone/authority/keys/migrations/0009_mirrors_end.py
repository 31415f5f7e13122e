"""Where a source's files are shown is kept: so they can be removed when it is mirrored no longer."""

from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor


def note_mirrors(apps: Apps, _schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Those of stopped sources too: nobody has removed them."""
    sources = apps.get_model("keys", "ImportSource")
    sources.objects.filter(mirror=True).update(shown_as=models.F("region"))


class Migration(migrations.Migration):
    dependencies = (("keys", "0008_messages_perhaps_taken"),)

    operations = (
        migrations.AddField(
            model_name="importsource",
            name="shown_as",
            field=models.CharField(blank=True, default="", max_length=16),
            preserve_default=False,
        ),
        migrations.RunPython(note_mirrors, migrations.RunPython.noop),
    )
