"""Random state machines under random writers at once, on every write path: no record ever gets where no transition leads.

What happened is replayed from the history: each state that a record reached was an initial one, the target of a declared
transition that this actor could make on the record as it then was, or taken over as it is.
"""

from __future__ import annotations

import asyncio
import random
from collections import defaultdict
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
import pytest

from runtime.access import Actor
from runtime.definitions.states import CreateRecord, Transition
from runtime.errors import HuobiaoError
from runtime.ids import record_id
from runtime.records import write
from runtime.records.change import Change, NewRecord, Patch, Source
from runtime.records.checking import check
from tests.builder.conftest import Desk, spec
from tests.builder.test_transitions import ROBOT, person

WRITERS, STEPS, RECORDS = 6, 50, 12
LEAST, BOUND = 3, 5
AT_ONCE = 12
"""Moves that one program sends at the same moment, each by itself; they share transactions where they can."""


class Storm:
    """One table with a random machine, the people that write, and what they may do."""

    def __init__(self, desk: Desk, dice: random.Random) -> None:
        self.desk, self.dice = desk, dice
        self.names = [f"状态{n}" for n in range(dice.randint(3, 6))]
        self.changes: list[tuple[Actor, int]] = []

    async def draw(self) -> None:
        self.people = [await person(self.desk, "甲"), await person(self.desk, "乙", "builder")]
        self.notes = await self.desk.table("记事", spec("标题"), spec("数量", "number", maximum=100))
        self.table = await self.desk.table(
            "单", spec("单号"), spec("数量", "number"), spec("双倍", "formula", source="{数量}*2"), spec("备注"),
            spec("盖章", "datetime"), spec("状态", "single_select", choices=self.names),
        )  # fmt: skip
        link = await self.desk.field(self.notes, "单", "link", table=self.table.id, many=False)
        pairs = [(a, b) for a in self.names for b in self.names if a != b]
        chosen = self.dice.sample(pairs, self.dice.randint(len(self.names), len(pairs) // 2 + 1))
        self.plain = chosen[0]  # a move that only moves
        machine = {
            "initial": list(dict.fromkeys((self.plain[0], self.dice.choice(self.names)))),
            "transitions": [
                {"source": a, "target": b} if (a, b) == self.plain else self._transition(a, b, link.id)
                for a, b in chosen
            ],
        }
        await self.desk.change(self.table.field("状态"), options={"machine": machine})
        self.table = await self.desk.again(self.table)

    def _transition(self, source: str, target: str, link: str) -> dict[str, Any]:
        dice = self.dice
        move: dict[str, Any] = {"source": source, "target": target}
        if (
            dice.random() < 0.3
        ):  # over a computed value, which goes alone, or over a field that people fill in
            move["formula"] = dice.choice([f"{{双倍}}<={2 * BOUND}", f"{{数量}}<={BOUND}"])
        if dice.random() < 0.2:
            move["guard"] = {"kind": "condition", "field": "数量", "op": "ge", "value": LEAST}
        if dice.random() < 0.2:
            move["required"] = ["备注"]
        who = dice.random()
        if who < 0.12:
            move["automations_only"] = True
        elif who < 0.3:
            move["members"] = [self.people[0].id]
        elif who < 0.4:
            move["roles"] = ["builder"]
        if dice.random() < 0.3:
            move["effects"] = [{"kind": "set_field", "field": "盖章", "value": "$now"}]
        elif dice.random() < 0.3:
            fields = [{"field": "标题", "formula": '{单号}&"走了一步"'}, {"field": "数量", "source": "双倍"}]
            move["effects"] = [
                {"kind": "create_record", "table": self.notes.id, "link": link, "fields": fields}
            ]
        return move

    def values(self, *, state: bool = True) -> dict[str, Any]:
        dice = self.dice
        given: dict[str, Any] = {}
        if state:
            given["状态"] = dice.choice([*self.names, "没有这个状态"] if dice.random() < 0.05 else self.names)
        if dice.random() < 0.4:
            given["数量"] = dice.randint(0, 2 * BOUND)
        if dice.random() < 0.3:
            given["备注"] = dice.choice(["", "好"])
        return given or {"备注": "又"}

    def some(self, known: list[str], most: int) -> list[str]:
        return self.dice.sample(known, min(len(known), self.dice.randint(1, most)))

    async def apply(self, actor: Actor, channel: str, **given: Any) -> None:
        change = Change(
            table=self.table.id,
            actor=actor,
            source=Source(channel),  # type: ignore[arg-type]
            typecast=channel in ("ui", "import") and self.dice.random() < 0.5,
            atomic=self.dice.random() < 0.2,
            **given,
        )
        outcome = await write.apply(self.desk.system, change)
        self.known += [one.id for one in outcome.results if one.id and one.id not in self.known]
        if outcome.change_id:
            self.changes.append((actor, outcome.change_id))

    # ---- the ways to write ----

    async def edit(self) -> None:
        patches = tuple(Patch(one, self.values()) for one in self.some(self.known, 4))
        channel = self.dice.choice(["ui", "api", "form", "connector"])
        await self.apply(self.dice.choice(self.people), channel, updates=patches)

    async def rush(self) -> None:
        """One program, many moves at once, each by itself: mostly along a transition, of the same record too."""
        actor = self.dice.choice(self.people)
        field = self.table.field("状态")
        assert field.machine is not None
        states = await self.desk.system.db.fetch(
            f"SELECT id, {field.column} AS state FROM {self.table.sql} WHERE deleted_at IS NULL"
        )
        asked = []
        for row in self.dice.choices(states, k=AT_ONCE) if states else ():
            given, ways = self.values(), field.machine.allowed(row["state"])
            if ways and self.dice.random() < 0.8:
                given["状态"] = field.choices_by_id[self.dice.choice(ways).target].name
            asked.append(Patch(record_id(self.table.number, row["id"]), given))

        await self.send(actor, asked)

    async def send(self, actor: Actor, patches: list[Patch]) -> None:
        """Each patch by itself, all at one moment."""

        async def one(patch: Patch) -> None:
            change = Change(table=self.table.id, actor=actor, source=Source("api"), updates=(patch,))
            outcome = await write.apply(self.desk.system, change)
            if outcome.change_id:
                self.changes.append((actor, outcome.change_id))

        for done in await asyncio.gather(*map(one, patches), return_exceptions=True):
            assert done is None or isinstance(done, HuobiaoError), done

    async def automate(self) -> None:
        patches = tuple(Patch(one, self.values()) for one in self.some(self.known, 2))
        await self.apply(ROBOT, "automation", updates=patches)

    async def bring_in(self) -> None:
        as_is = self.dice.random() < 0.5
        patches = tuple(Patch(one, self.values()) for one in self.some(self.known, 3))
        news = tuple(NewRecord(self.values()) for _ in range(self.dice.randint(0, 4)))
        await self.apply(self.people[1], "import", creates=news, updates=patches, states_as_is=as_is)

    async def create(self) -> None:
        news = tuple(NewRecord(self.values(state=self.dice.random() < 0.5)) for _ in range(2))
        await self.apply(self.dice.choice(self.people), "api", creates=news)

    async def throw_away(self) -> None:
        await self.apply(self.people[0], "ui", deletes=tuple(self.some(self.known, 2)))

    async def fetch_back(self) -> None:
        await self.apply(self.people[0], "ui", restores=tuple(self.some(self.known, 3)))

    async def undo(self) -> None:
        if self.changes:
            actor, change = self.dice.choice(self.changes)
            await write.undo(self.desk.system, actor, change)

    async def rage(self) -> None:
        """Many writers at once; what they may not do is refused, and nothing else goes wrong."""
        self.known: list[str] = []
        await self.apply(self.people[1], "api", creates=tuple(NewRecord({"数量": 1}) for _ in range(RECORDS)))
        ways: list[Callable[[], Awaitable[None]]] = [
            self.edit, self.edit, self.edit, self.rush, self.rush, self.automate, self.bring_in, self.create,
            self.throw_away, self.fetch_back, self.undo, self.undo,
        ]  # fmt: skip

        async def writer() -> None:
            for _ in range(STEPS):
                try:
                    await self.dice.choice(ways)()
                except HuobiaoError:
                    continue

        await asyncio.gather(*(writer() for _ in range(WRITERS)))
        await self.file_past()

    async def file_past(self) -> None:
        """When all is quiet: new records, moved at once by one program."""
        news = tuple(NewRecord({"状态": self.plain[0]}) for _ in range(AT_ONCE))
        made = await self.desk.store(self.table, creates=news)
        await self.send(
            self.people[0], [Patch(one.id or "", {"状态": self.plain[1]}) for one in made.results]
        )


class Replay:
    """What the history says each record went through, checked step by step."""

    def __init__(self, storm: Storm) -> None:
        self.storm, self.table = storm, storm.table
        field = storm.table.field("状态")
        assert field.machine is not None
        self.field, self.machine = field, field.machine
        self.moves = self.taken_over = self.created = 0
        self.moved_in: dict[str, set[int]] = defaultdict(set)
        """The changes with moves by transaction."""

    def step(self, row: Any, held: dict[str, Any]) -> None:
        before, after = (msgspec.json.decode(row[side]) if row[side] else {} for side in ("before", "after"))
        was = held.get(self.field.id)
        held |= {key: value for key, value in after.items() if not key.startswith("$")}
        if self.field.id not in after:
            return
        now = after[self.field.id]
        if after.get("$as_is"):
            self.taken_over += 1
            return
        if row["action"] == "create":
            assert now in self.machine.initial, "born in a state that is no beginning"
            return
        assert before[self.field.id] == was, "moved from a state it was not in"
        move = self.machine.find(was, now)
        assert move is not None, f"no transition leads from {was} to {now}"
        self.allowed(move, row, held)
        self.moves += 1
        self.moved_in[row["transaction"]].add(row["change_id"])
        self.created += sum(isinstance(effect, CreateRecord) for effect in move.effects)

    def allowed(self, move: Transition, row: Any, held: dict[str, Any]) -> None:
        number = held.get(self.table.field("数量").id)
        if move.formula:
            assert number is None or number <= BOUND
        if move.guard is not None:
            assert number is not None
            assert number >= LEAST
        if move.required:
            assert held.get(self.table.field("备注").id)
        if row["actor_kind"] == "automation":
            return
        assert not move.automations_only, "a person made a move of automations"
        if move.members or move.roles:
            by_role = "builder" in move.roles and row["actor_id"] == self.storm.people[1].id
            assert by_role or row["actor_id"] in move.members

    async def run(self) -> None:
        db = self.storm.desk.system.db
        rows = await db.fetch(
            "SELECT *, xmin::text AS transaction FROM meta.history WHERE table_id = $1 ORDER BY record_id, id",
            self.table.number,
        )
        records: dict[int, dict[str, Any]] = {}
        reached: dict[int, Any] = {}
        for row in rows:
            self.step(row, records.setdefault(row["record_id"], {}))
            if row["after"] and self.field.id in msgspec.json.decode(row["after"]):
                reached[row["record_id"]] = row["at"]
        stored = await db.fetch(
            f"SELECT id, {self.field.column} AS state, {self.field.since_column} AS since FROM {self.table.sql}"
        )
        assert stored
        for row in stored:
            assert row["state"] == records[row["id"]].get(self.field.id)
            assert row["since"] == reached.get(row["id"])


@pytest.mark.parametrize("seed", range(6))
async def test_no_writer_ever_gets_past_the_machine(desk: Desk, seed: int) -> None:
    storm = Storm(desk, random.Random(seed))
    await storm.draw()
    await storm.rage()
    replay = Replay(storm)
    await replay.run()
    assert replay.moves
    assert any(len(changes) > 1 for changes in replay.moved_in.values()), "some moves went together"
    await created(storm, replay)
    assert not (await check(desk.system)).differences, "time spent in states is what the history says"


async def created(storm: Storm, replay: Replay) -> None:
    """Each move that creates a record created exactly one, in the same transaction."""
    db = storm.desk.system.db
    made = await db.value("SELECT count(*) FROM " + storm.notes.sql)
    assert made == replay.created
