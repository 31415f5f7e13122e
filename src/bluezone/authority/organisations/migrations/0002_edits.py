import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('areas', '0002_succession'),
        ('organisations', '0001_initial'),
    ]

    operations = [
        migrations.AddField(
            model_name='organisation',
            name='closed_on',
            field=models.DateField(null=True),
        ),
        migrations.AddField(
            model_name='organisation',
            name='continued_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='continues', to='organisations.organisation'),
        ),
        migrations.AddField(
            model_name='organisation',
            name='version',
            field=models.PositiveIntegerField(default=0),
        ),
        migrations.CreateModel(
            name='FormerState',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('until', models.DateField(null=True)),
                ('code', models.CharField(max_length=20)),
                ('kind', models.CharField(max_length=30)),
                ('name', models.CharField(max_length=200)),
                ('address', models.CharField(max_length=200)),
                ('managed_by_name', models.CharField(max_length=200)),
                ('changed_at', models.DateTimeField()),
                ('changed_by', models.CharField(max_length=60)),
                ('located_in', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='areas.area')),
                ('managed_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='organisations.organisation')),
                ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='former', to='organisations.organisation')),
            ],
        ),
        migrations.AddConstraint(
            model_name='organisation',
            constraint=models.CheckConstraint(condition=models.Q(('continued_by', None), ('closed_on__isnull', False), _connector='OR'), name='organisation_is_continued_when_closed'),
        ),
        migrations.AddIndex(
            model_name='formerstate',
            index=models.Index(fields=['organisation', 'until'], name='former_state_of_a_day'),
        ),
    ]
