"""Indexes that the product makes by itself, from what definitions and people filter, sort and match by.

``shapes``: what an index is for, and which index serves it. ``wanted``: the shapes that definitions ask for. ``use``:
the shapes of slow queries that nobody has defined. ``keeper``: makes indexes in the background, drops unused ones.
"""
