"""A schedule says whom its returns count: a school is asked for its staff as well as for its pupils."""

from django.db import migrations, models


def fill(apps, _schema_editor):
    """Schedules until now asked for what their kind had: schools for pupils, all others for staff."""
    apps.get_model("returns", "ReturnSchedule").objects.filter(kind="school").update(form="pupils")


class Migration(migrations.Migration):

    dependencies = [
        ('returns', '0002_targets'),
    ]

    operations = [
        migrations.AddField(
            model_name='returnschedule',
            name='form',
            field=models.CharField(choices=[('staff', 'staff'), ('pupils', 'pupils')], default='staff', max_length=10),
            preserve_default=False,
        ),
        migrations.RunPython(fill, migrations.RunPython.noop, elidable=True),
    ]
