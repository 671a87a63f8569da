"""The builder over HTTP. ``ROUTES`` are all its routes, under ``/api/v1``; the work is done by the modules above."""

from builder.api import (
    apps,
    automation_versions,
    automations,
    connectors,
    conversions,
    dashboards,
    fields,
    formulas,
    imports,
    indexes,
    states,
    stocks,
    tables,
    trash,
    views,
    workbenches,
)

ROUTES = (
    *apps.ROUTES,
    *tables.ROUTES,
    *fields.ROUTES,
    *formulas.ROUTES,
    *states.ROUTES,
    *views.ROUTES,
    *stocks.ROUTES,
    *automations.ROUTES,
    *automation_versions.ROUTES,
    *dashboards.ROUTES,
    *workbenches.ROUTES,
    *connectors.ROUTES,
    *imports.ROUTES,
    *trash.ROUTES,
    *indexes.ROUTES,
    *conversions.ROUTES,
)
