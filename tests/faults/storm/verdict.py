"""The judgement after a storm: every order against its history and what its makers were told, and the stock."""

from __future__ import annotations

import itertools
from collections import Counter, defaultdict
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from tests.faults.storm.clients import Order
from tests.faults.storm.ledger import Found, Line, RunMade
from tests.faults.storm.market import CHECKING, CLOSED, MOVES, PAID, PENDING, SHIPPED

RESERVE, BOOK, BROADCAST = "审核与库存预占", "收款记账", "新订单播报"
_STEPS = {
    (RESERVE, "reserved"): {
        "stpReserve",
        "stpBranch",
        "stpBranch/arm1/stpClear",
        "stpBranch/arm1/stpWarehouse",
    },
    (RESERVE, "short"): {"stpReserve", "stpBranch", "stpBranch/arm0/stpMark", "stpBranch/arm0/stpAlert"},
    (RESERVE, "moved_on"): {"stpReserve", "stpBranch"},
    (BOOK, None): {"stpBook"},
    (BROADCAST, None): {"stpTell"},
}
Finding = tuple[str, str]
"""The order's public id ("" for none in particular) and what is wrong."""


def judge(orders: list[Order], found: Found, stock: int) -> Iterator[Finding]:
    """What is wrong; nothing when all is as it should be."""
    known = {order.record: order for order in orders}
    yield from ((record, "nobody was told of this order") for record in found.states.keys() - known.keys())
    yield from (("", f"a run of no order: {run}") for run in found.runs.get("", ()))
    repeated = [name for name, count in Counter(found.names.values()).items() if count > 1]
    yield from (("", f"{name} was created more than once") for name in repeated)
    for record, order in known.items():
        if record not in found.states:
            yield record, "lost: its maker was told that it is stored"
            continue
        for wrong in _order(order, record, found):
            yield record, wrong
    paid = Counter(
        found.names[record]
        for record, changes in found.changes.items()
        for change in changes
        if change.state == (PENDING, PAID)
    )
    if Counter(found.book) != paid:
        yield "", f"cash book: {Counter(found.book) - paid} too many, {paid - Counter(found.book)} missing"
    yield from (("", wrong) for wrong in _stock(found, stock))


def _order(order: Order, record: str, found: Found) -> Iterator[str]:
    changes = found.changes[record]
    if [change.version for change in changes] != list(range(1, len(changes) + 1)):
        yield f"versions {[change.version for change in changes]}"
    state, states = None, []
    for change in changes:
        if change.state is None:
            continue
        was, now = change.state
        if was != state:
            yield f"history does not join: {change} after state {state}"
        if state is not None and (was, now) not in MOVES:
            yield f"illegal move {change}"
        state = now
        states.append(now)
    if state != found.states[record]:
        yield f"is in {found.states[record]}, its history ends in {state}"
    yield from _told(order, changes, states)
    yield from _runs(record, found)
    yield from _lines(order, record, found)


def _told(order: Order, changes: list[Any], states: list[int]) -> Iterator[str]:
    """What the clients were told happened, and nothing else did."""
    told = sorted((move.version or 0, move.target) for move in order.told if move.done)
    moved = [(c.version, c.state[1]) for c in changes if c.state is not None and c.action != "create"]
    if told != moved:
        yield f"told {told}, moved {moved}"
    for move in order.told:
        if not move.done and all((state, move.target) in MOVES for state in states):
            yield f"refused without a reason: {move}"


def _runs(record: str, found: Found) -> Iterator[str]:
    """One run per event that asks for one, each carried out to its end, each step and effect once."""
    changes, runs = found.changes[record], found.runs[record]
    due = Counter(
        [(BROADCAST, c.id) for c in changes if c.action == "create"]
        + [(BOOK, c.id) for c in changes if c.state == (PENDING, PAID)]
        + [(RESERVE, c.id) for c in changes if c.state == (PAID, CHECKING)]
    )
    made = Counter((run.automation, run.event) for run in runs)
    if due != made:
        yield f"runs missing {dict(due - made)}, too many {dict(made - due)}"
    for run in runs:
        if run.status != "finished" or run.error:
            yield f"{run.automation} ended as {run.status}: {run.error}"
        first = run.steps.get("stpReserve")
        expected = _STEPS.get((run.automation, first.outcome if first else None))
        if expected != set(run.steps) or any(step.status != "done" for step in run.steps.values()):
            yield f"steps of {run.automation} {run.id}: {run.steps}"
        effects = [c for c in changes if c.source == run.id]
        if len(effects) > 1:
            yield f"{run.automation} {run.id} changed the order {len(effects)} times"
    reservations = [run for run in runs if run.automation == RESERVE and "stpReserve" in run.steps]
    if len(reservations) == 1 or _one_after_another(reservations):
        outcomes = [o for run in reservations if (o := run.steps["stpReserve"].outcome) != "moved_on"]
        if outcomes and found.exceptions[record] != (outcomes[-1] == "short"):
            yield f"marked as exception: {found.exceptions[record]}, after {outcomes}"


def _one_after_another(runs: list[RunMade]) -> bool:
    return all(a.ended <= b.began for a, b in itertools.pairwise(runs))


def _lines(order: Order, record: str, found: Found) -> Iterator[str]:
    """What each line holds, by the ledger, its own state and the order's."""
    lines = found.lines[record]
    wanted = [Decimal(quantity) for _, quantity in order.lines]
    if [line.quantity for line in lines] != wanted:
        yield f"lines {lines}, wanted {wanted}"
    for line in lines:
        if (line.held, line.consumed) not in ((line.quantity, 0), (0, 0), (0, line.quantity)):
            yield f"line holds {line.held}, sent {line.consumed}: {line}"
        if line.status != _status(line):
            yield f"line says {line.status}, the ledger {_status(line)}"
    state = found.states[record]
    outcomes = [r.steps["stpReserve"].outcome for r in found.runs[record] if "stpReserve" in r.steps]
    held = {_status(line) for line in lines}
    if state in (CLOSED, PAID, PENDING) and held != {1}:
        yield f"in state {state}, its lines {held}"
    if state == SHIPPED and held != {3}:
        yield f"shipped, its lines {held}"
    if state == CHECKING and held != ({2} if outcomes and outcomes[-1] == "reserved" else {1}):
        yield f"being checked after {outcomes}, its lines {held}"


def _status(line: Line) -> int:
    return 2 if line.held else 3 if line.consumed else 1


def _stock(found: Found, stock: int) -> Iterator[str]:
    """Ledger, balances and lines say the same, and no run touched a line twice."""
    by_shelf: dict[int, list[Any]] = defaultdict(list)
    for movement in found.movements:
        by_shelf[movement["stock_record"]].append(movement)
    held: dict[int, Decimal] = defaultdict(Decimal)
    sent: dict[int, Decimal] = defaultdict(Decimal)
    for lines in found.lines.values():
        for line in lines:
            held[line.shelf] += line.held
            sent[line.shelf] += line.consumed
    for shelf in found.shelves:
        on_hand, reserved = Decimal(0), Decimal(0)
        for m in sorted(by_shelf[shelf["id"]], key=lambda m: int(m["number"])):
            on_hand += m["on_hand_delta"]
            reserved += m["reserved_delta"]
            if (m["on_hand_after"], m["reserved_after"]) != (on_hand, reserved):
                yield f"ledger does not join at {dict(m)}: {on_hand}, {reserved}"
            if not 0 <= reserved <= on_hand:
                yield f"oversold at {dict(m)}"
        if (shelf["on_hand"], shelf["reserved"]) != (on_hand, reserved):
            yield f"shelf {dict(shelf)}, ledger {on_hand}, {reserved}"
        if (stock - sent[shelf["id"]], held[shelf["id"]]) != (on_hand, reserved):
            yield f"shelf {dict(shelf)}, lines hold {held[shelf['id']]} and took {sent[shelf['id']]} of {stock}"
    touched = Counter(
        (m["source"], m["line_record"], m["kind"]) for m in found.movements if m["kind"] == "reserve"
    )
    yield from (f"reserved twice by one run: {what}" for what, count in touched.items() if count > 1)


def trail(record: str, orders: list[Order], found: Found) -> str:
    """All that is known of an order, for who has to find out."""
    order = next((order for order in orders if order.record == record), None)
    parts = [f"order {record}: {order}", *map(str, found.changes.get(record, ()))]
    parts += [str(run) for run in found.runs.get(record, ())]
    parts += [str(line) for line in found.lines.get(record, ())]
    rows = {line.row for line in found.lines.get(record, ())}
    parts += [str(dict(m)) for m in found.movements if m["line_record"] in rows]
    return "\n  ".join(parts)
