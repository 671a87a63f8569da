"""What Piccolo needs to know of us: where the migrations are and which tables exist."""

from pathlib import Path

from piccolo.conf.apps import AppConfig

from runtime.storage.meta import TABLES

APP_NAME = "huobiao"

APP_CONFIG = AppConfig(
    app_name=APP_NAME,
    migrations_folder_path=Path(__file__).parent / "versions",
    table_classes=list(TABLES),
)
