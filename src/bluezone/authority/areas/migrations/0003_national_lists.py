"""Areas know the national list that brought them in, and the one that ended them."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('areas', '0002_succession'),
        ('tabular', '0001_initial'),
    ]

    operations = [
        migrations.AddField(
            model_name='area',
            name='listed_in',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tabular.importrun'),
        ),
        migrations.AddField(
            model_name='area',
            name='ended_in',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tabular.importrun'),
        ),
    ]
