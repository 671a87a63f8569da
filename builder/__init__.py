"""Editing definitions: what may stand in them, what a change does to the data, publishing it, and taking it back.

Every change runs through :func:`builder.edit.editing`: one transaction that holds the lock of the catalog, changes the
definitions and the physical tables together, and writes down what it changed. :mod:`builder.validation` holds checks
and their list of problems, :mod:`builder.references` finds who mentions whom, :mod:`builder.undo` takes changes back.
The other modules are named after what they edit.
"""
