"""The beat process. Its scheduler is in `config.beat`, which needs Django to be set up."""

import django
from celery.apps import beat


class Beat(beat.Beat):
    """Celery's beat without the modules of the tasks: it only sends their names, and they would double its memory."""

    def init_loader(self) -> None:
        django.setup()
        assert self.app is not None
        self.app.finalize()
