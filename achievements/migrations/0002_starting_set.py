"""The achievements that everyone can earn from the first day on; staff change and add to them in the admin."""

from django.db import migrations

STARTING_SET = [
    # picture, kind, numbers, (name, description) in English, in Russian
    (
        "🔥",
        "streak",
        {"target": 7, "unit": "day"},
        ("7 days in a row", "A habit kept on seven days that asked for it, one after another."),
        ("7 дней подряд", "Привычка выполнена семь дней подряд из тех, на которые она назначена."),
    ),
    (
        "⚡",
        "streak",
        {"target": 30, "unit": "day"},
        ("30 days in a row", "A habit kept on thirty days that asked for it, one after another."),
        ("30 дней подряд", "Привычка выполнена тридцать дней подряд из тех, на которые она назначена."),
    ),
    (
        "💯",
        "streak",
        {"target": 100, "unit": "day"},
        ("100 days in a row", "A habit kept on a hundred days that asked for it, one after another."),
        ("100 дней подряд", "Привычка выполнена сто дней подряд из тех, на которые она назначена."),
    ),
    (
        "👑",
        "streak",
        {"target": 365, "unit": "day"},
        ("365 days in a row", "A habit kept on 365 days that asked for it, one after another."),
        ("365 дней подряд", "Привычка выполнена 365 дней подряд из тех, на которые она назначена."),
    ),
    (
        "🌿",
        "streak",
        {"target": 4, "unit": "week"},
        ("4 weeks in a row", "A weekly habit kept in four weeks, one after another."),
        ("4 недели подряд", "Еженедельная привычка выполнена четыре недели подряд."),
    ),
    (
        "🌳",
        "streak",
        {"target": 26, "unit": "week"},
        ("Half a year of weeks", "A weekly habit kept in 26 weeks, one after another."),
        ("Полгода неделя за неделей", "Еженедельная привычка выполнена 26 недель подряд."),
    ),
    (
        "🎯",
        "days",
        {"target": 100},
        ("100 days done", "A habit done on a hundred days in all, in a row or not."),
        ("100 выполненных дней", "Привычка выполнена в общей сложности сто дней, подряд или нет."),
    ),
    (
        "🏔️",
        "days",
        {"target": 365},
        ("365 days done", "A habit done on 365 days in all, in a row or not."),
        ("365 выполненных дней", "Привычка выполнена в общей сложности 365 дней, подряд или нет."),
    ),
    (
        "🧭",
        "days_in_window",
        {"target": 25, "window_days": 30},
        ("25 days out of 30", "A habit done on 25 days within thirty: now and then one may slip."),
        ("25 дней из 30", "Привычка выполнена в 25 дней из тридцати: иногда можно и пропустить."),
    ),
    (
        "📅",
        "full_month",
        {"target": 1},
        ("A full month", "A habit done on every day of a calendar month that it asks for."),
        ("Полный месяц", "Привычка выполнена во все назначенные дни календарного месяца."),
    ),
    (
        "💪",
        "strength",
        {"target": 80},
        ("Second nature", "A habit whose strength has reached 80%."),
        ("Вторая натура", "Сила привычки достигла 80 %."),
    ),
    (
        "🌅",
        "comeback",
        {"target": 14},
        ("Back again", "A habit taken up again after two weeks or more without it."),
        ("Снова в строю", "Привычка возобновлена после перерыва в две недели или дольше."),
    ),
    (
        "🖐️",
        "habits_in_a_day",
        {"target": 5},
        ("Five in a day", "Five different habits done on one day."),
        ("Пять за день", "Пять разных привычек выполнены за один день."),
    ),
]


def add(apps, schema_editor):
    achievement = apps.get_model("achievements", "Achievement")
    achievement.objects.bulk_create(
        achievement(
            picture=picture,
            kind=kind,
            name_en=english[0],
            description_en=english[1],
            name_ru=russian[0],
            description_ru=russian[1],
            **numbers,
        )
        for picture, kind, numbers, english, russian in STARTING_SET
    )


def remove(apps, schema_editor):
    names = [english[0] for *_, english, _ in STARTING_SET]
    apps.get_model("achievements", "Achievement").objects.filter(habit=None, name_en__in=names).delete()


class Migration(migrations.Migration):
    dependencies = [("achievements", "0001_initial")]

    operations = [migrations.RunPython(add, remove)]
