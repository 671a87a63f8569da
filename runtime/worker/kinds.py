"""The kinds of jobs there are, each with the function that runs it."""

from __future__ import annotations

from runtime.records.imports.job import KIND as IMPORT
from runtime.worker import imports
from runtime.worker.jobs import JobKinds

KINDS: JobKinds = {IMPORT: imports.run}
