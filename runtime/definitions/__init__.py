"""The vocabulary: what an app can say about itself. Frozen values, no I/O, no imports from the rest.

``fields`` and ``states`` describe a table's columns, ``tables`` the table and its views, ``queries`` the one query
model, ``values`` the values and texts that steps put together, ``automations``, ``dashboards``, ``workbenches``, ``forms`` and
``stock`` the things that run on tables. Everything refers to everything else by public id, never by name.
"""
