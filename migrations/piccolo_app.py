"""What Piccolo needs to know of us: where the migrations are and which tables exist."""

from piccolo.conf.apps import AppConfig

from migrations.state import APP_NAME, VERSIONS
from runtime.storage.meta import TABLES

APP_CONFIG = AppConfig(
    app_name=APP_NAME,
    migrations_folder_path=VERSIONS,
    table_classes=list(TABLES),
)
