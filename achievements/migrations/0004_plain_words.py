"""Rename two columns of awards, and put the texts of the starting set into plainer words."""

import django.db.models.deletion
from django.db import migrations, models

# (text as 0002 wrote it, plainer text). Texts that staff have edited meanwhile do not match and are left alone.
TEXTS = [
    ("A habit kept on seven days that asked for it, one after another.",
     "A habit completed on seven scheduled days in a row."),
    ("A habit kept on thirty days that asked for it, one after another.",
     "A habit completed on thirty scheduled days in a row."),
    ("A habit kept on a hundred days that asked for it, one after another.",
     "A habit completed on a hundred scheduled days in a row."),
    ("A habit kept on 365 days that asked for it, one after another.",
     "A habit completed on 365 scheduled days in a row."),
    ("A weekly habit kept in four weeks, one after another.", "A weekly habit kept up four weeks in a row."),
    ("A weekly habit kept in 26 weeks, one after another.", "A weekly habit kept up 26 weeks in a row."),
    ("A habit done on a hundred days in all, in a row or not.",
     "A habit completed on a hundred days in total, in a row or not."),
    ("A habit done on 365 days in all, in a row or not.", "A habit completed on 365 days in total, in a row or not."),
    ("A habit done on 25 days within thirty: now and then one may slip.",
     "A habit completed on 25 days out of 30: a few missed days are fine."),
    ("A habit done on every day of a calendar month that it asks for.",
     "A habit completed on every scheduled day of a calendar month."),
    ("A habit taken up again after two weeks or more without it.",
     "A habit resumed after a break of two weeks or more."),
    ("Five different habits done on one day.", "Five different habits completed on one day."),
    ("Привычка выполнена семь дней подряд из тех, на которые она назначена.",
     "Привычка выполнена семь запланированных дней подряд."),
    ("Привычка выполнена тридцать дней подряд из тех, на которые она назначена.",
     "Привычка выполнена тридцать запланированных дней подряд."),
    ("Привычка выполнена сто дней подряд из тех, на которые она назначена.",
     "Привычка выполнена сто запланированных дней подряд."),
    ("Привычка выполнена 365 дней подряд из тех, на которые она назначена.",
     "Привычка выполнена 365 запланированных дней подряд."),
    ("Привычка выполнена во все назначенные дни календарного месяца.",
     "Привычка выполнена во все запланированные дни календарного месяца."),
    ("Half a year of weeks", "26 weeks in a row"),
    ("Полгода неделя за неделей", "26 недель подряд"),
]
FIELDS = ("name_en", "description_en", "name_ru", "description_ru")


def reword(apps, schema_editor):
    _replace(apps, TEXTS)


def restore(apps, schema_editor):
    _replace(apps, [(new, old) for old, new in TEXTS])


def _replace(apps, pairs):
    achievements = apps.get_model("achievements", "Achievement").objects.filter(habit=None)
    for old, new in pairs:
        for field in FIELDS:
            achievements.filter(**{field: old}).update(**{field: new})


class Migration(migrations.Migration):

    dependencies = [
        ("achievements", "0003_share_link"),
    ]

    operations = [
        migrations.RenameField("userachievement", "rests_until", "evidence_until"),
        migrations.RenameField("userachievement", "withdrawn_at", "revoked_at"),
        migrations.AlterField(
            "achievement", "habit",
            models.ForeignKey(blank=True, help_text="Empty: any habit.", null=True, on_delete=django.db.models.deletion.PROTECT, related_name="achievements", to="habits.habit"),
        ),
        migrations.AlterField(
            "achievement", "target",
            models.PositiveSmallIntegerField(default=1, help_text="How many periods, days, percent or habits are needed."),
        ),
        migrations.AlterField(
            "achievement", "window_days",
            models.PositiveSmallIntegerField(blank=True, help_text="Length of the window in days, for days_in_window only.", null=True),
        ),
        migrations.AlterField(
            "achievement", "unit",
            models.CharField(blank=True, help_text="Unit of the streak: day, week, month or year; empty: any.", max_length=10),
        ),
        migrations.AlterField(
            "achievement", "retired_at",
            models.DateTimeField(blank=True, help_text="Nobody can earn it from then on; users who hold it keep it.", null=True),
        ),
        migrations.AlterField(
            "userachievement", "track",
            models.ForeignKey(blank=True, help_text="Track that earned it. Empty: several tracks did, or it is deleted.", null=True, on_delete=django.db.models.deletion.PROTECT, related_name="awards", to="tracking.habittrack"),
        ),
        migrations.AlterField(
            "userachievement", "day",
            models.DateField(help_text="Local day of the user on which it was earned."),
        ),
        migrations.AlterField(
            "userachievement", "evidence_until",
            models.DateField(blank=True, help_text="Logs of later days cannot revoke it. Empty: it depends on the stored streak or strength.", null=True),
        ),
        migrations.AlterField(
            "userachievement", "revoked_at",
            models.DateTimeField(blank=True, help_text="Empty: the user holds it.", null=True),
        ),
        migrations.AlterField(
            "sharelink", "token",
            models.CharField(help_text="Secret part of the link: anyone who has it can see the page.", max_length=64),
        ),
        migrations.AlterField(
            "sharelink", "achievement",
            models.ForeignKey(blank=True, help_text="For links to an achievement.", null=True, on_delete=django.db.models.deletion.CASCADE, related_name="share_links", to="achievements.achievement"),
        ),
        migrations.AlterField(
            "sharelink", "track",
            models.ForeignKey(blank=True, help_text="For links to a streak or a year.", null=True, on_delete=django.db.models.deletion.PROTECT, related_name="share_links", to="tracking.habittrack"),
        ),
        migrations.AlterField(
            "sharelink", "expires_at",
            models.DateTimeField(blank=True, help_text="Empty: until it is revoked.", null=True),
        ),
        migrations.RunPython(reword, restore),
    ]
