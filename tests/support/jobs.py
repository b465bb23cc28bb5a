"""Running the jobs that a test enqueued, as a worker would, in the test's own transaction."""

from __future__ import annotations

from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob

from geo.core.jobs import running


def run_jobs() -> int:
    """Run every waiting job, those that they enqueue too; returns how many."""
    done = 0
    while job := ProcrastinateJob.objects.filter(status="todo").order_by("id").first():
        ProcrastinateJob.objects.filter(pk=job.pk)._raw_delete("default")
        with running(job.pk):
            app.tasks[job.task_name].func(**job.args)
        done += 1
    return done
