"""Problems about things that are gone call them by the names they had, not by their ids."""

from __future__ import annotations

import msgspec

from builder.validation import Problems
from runtime.automations import lost
from runtime.storage.database import Database, Tx

_CODES = frozenset({"unknown_field", "unknown_table", "unknown_form", "unknown_stock", "unknown_automation"})


async def name_deleted(db: Database | Tx, problems: Problems) -> None:
    """Say of each thing that is not there any more what it was called, and what can be done about it.

    Whoever finds such a problem gives the id as its parameter ``name``; of what has left the trash too, the name is lost.
    """
    places = {
        index: str(problem.message.params["name"])
        for index, problem in enumerate(problems.found)
        if problem.code in _CODES and "name" in problem.message.params
    }
    said = await lost.words(db, list(places.values()))
    for index, name in places.items():
        if name in said:
            problems.found[index] = msgspec.structs.replace(problems.found[index], message=said[name])
