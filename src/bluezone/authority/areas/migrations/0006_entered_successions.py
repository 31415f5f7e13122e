import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('areas', '0005_names_are_searched'),
        ('tabular', '0001_initial'),
    ]

    operations = [
        migrations.AddField(
            model_name='succession',
            name='entered_in',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tabular.importrun'),
        ),
        migrations.AddField(
            model_name='area',
            name='gained_told_in',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tabular.importrun'),
        ),
    ]
