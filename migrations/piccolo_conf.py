"""Piccolo's configuration, named by ``PICCOLO_CONF=migrations.piccolo_conf``.

:mod:`migrations.runner` sets ``DB`` while it migrates. Piccolo's own list of applied migrations lives in
schema ``meta``, with everything else of ours.
"""

from piccolo.apps.migrations.tables import Migration
from piccolo.conf.apps import AppRegistry
from piccolo.engine.postgres import PostgresEngine

DB: PostgresEngine | None = None
APP_REGISTRY = AppRegistry(apps=["migrations.piccolo_app"])

Migration._meta.schema = "meta"
