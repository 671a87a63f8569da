"""People, sessions, tokens, members, invitations, throttling: what holds whoever asks."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from runtime import accounts, secrets
from runtime.access import Actor
from runtime.accounts import rules, throttle
from runtime.errors import (
    Duplicate,
    HuobiaoError,
    InvalidInput,
    NotAllowed,
    NotFound,
    NotSignedIn,
    RuleBroken,
    TooOften,
)
from runtime.events.pubsub import connect
from runtime.system import System
from tests.support.world import World

PASSWORD = "sesame-open-9"


async def person(system: System, email: str, name: str = "小周", *, owner: bool = False) -> accounts.Person:
    return await accounts.create_user(system, email=email, name=name, password=PASSWORD, owner=owner)


async def actor_of(system: System, someone: accounts.Person) -> Actor:
    token = await accounts.open_session(system, someone)
    found = await accounts.session_actor(system, token)
    assert found is not None
    return found.actor


@pytest.fixture
async def owner(system: System) -> Actor:
    someone = await accounts.create_first_owner(
        system, email="Lin@Example.com ", name=" 小 林 ", password=PASSWORD
    )
    return await actor_of(system, someone)


async def test_the_first_account_owns_everything_and_there_is_only_one_first(system: System) -> None:
    assert not await accounts.has_people(system)

    async def attempt(n: int) -> object:
        try:
            return await accounts.create_first_owner(
                system, email=f"p{n}@example.com", name="甲", password=PASSWORD
            )
        except HuobiaoError as error:
            return error.error_code

    results = await asyncio.gather(*(attempt(n) for n in range(5)))

    assert sorted(isinstance(r, accounts.Person) for r in results) == [False] * 4 + [True]
    assert results.count("already_set_up") == 4
    assert await system.db.value("SELECT count(*) FROM meta.person") == 1
    assert await system.db.value("SELECT is_owner FROM meta.person")


async def test_addresses_and_names_are_tidied(owner: Actor) -> None:
    assert owner.email == "lin@example.com"
    assert owner.name == "小 林"
    assert owner.everywhere == "owner"


@pytest.mark.parametrize(
    "text", ["", "lin", "lin@", "@example.com", "a b@example.com", "a@b@c", "x" * 250 + "@example.com"]
)
def test_what_is_no_address_is_refused_at_its_field(text: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        rules.email_address(text)
    assert refusal.value.field == "email"


@pytest.mark.parametrize("text", ["lin@example.com", "Lin.Wu+hb@mail.example.cn", "root@localhost"])
def test_real_addresses_pass(text: str) -> None:
    assert rules.email_address(text) == text.lower()


@pytest.mark.parametrize(
    ("password", "code"),
    [
        ("short7!", "password_short"),
        ("x" * 1025, "password_long"),
        ("Password1", "password_common"),
        ("12345678", "password_common"),
        ("7890123456", "password_common"),
        ("87654321", "password_common"),
        ("abcdefgh", "password_common"),
        ("88888888", "password_common"),
        ("lin@example.com", "password_common"),
    ],
)
def test_poor_passwords_are_refused_with_the_reason(password: str, code: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        rules.check_password(password, email="lin@example.com")
    assert refusal.value.error_code == code
    assert refusal.value.field == "password"


@pytest.mark.parametrize("password", [PASSWORD, "四个汉字也行吧对吧", "correct horse battery", "a1b2c3d4e5"])
def test_good_passwords_pass(password: str) -> None:
    rules.check_password(password, email="lin@example.com")


async def test_all_that_is_wrong_with_a_new_account_is_said_at_once(system: System) -> None:
    with pytest.raises(InvalidInput) as refusal:
        await accounts.create_user(system, email="nobody", name="", password="123")
    assert [p.field for p in refusal.value.problems] == ["email", "name", "password"]


async def test_an_address_has_one_account(system: System, owner: Actor) -> None:
    with pytest.raises(Duplicate) as refusal:
        await person(system, "LIN@example.com")
    assert refusal.value.field == "email"


async def test_signing_in_gives_a_session_of_which_only_a_hash_is_kept(system: System, owner: Actor) -> None:
    token, actor = await accounts.sign_in(
        system, email="lin@example.com", password=PASSWORD, user_agent="Firefox"
    )

    assert actor == owner
    stored = await system.db.fetch("SELECT token_hash FROM meta.session")
    assert secrets.hash_token(token) in {row["token_hash"] for row in stored}
    assert all(token not in row["token_hash"] for row in stored)
    assert PASSWORD not in str(await system.db.value("SELECT password_hash FROM meta.person"))


async def test_unknown_people_wrong_passwords_and_closed_accounts_look_the_same(
    system: System, owner: Actor
) -> None:
    closed = await person(system, "closed@example.com")
    await accounts.set_active(system, owner, closed.id, False)
    messages = set()
    for email, password in (
        ("nobody@example.com", PASSWORD),
        ("lin@example.com", "wrong-password"),
        ("closed@example.com", PASSWORD),
    ):
        with pytest.raises(NotSignedIn) as refusal:
            await accounts.sign_in(system, email=email, password=password)
        messages.add((refusal.value.error_code, str(refusal.value)))
    assert len(messages) == 1


async def test_a_session_slides_while_used_and_ends_when_not(system: System, owner: Actor) -> None:
    someone = await accounts.find_person(system, owner.id)
    token = await accounts.open_session(system, someone)
    fresh = await accounts.session_actor(system, token)
    assert fresh is not None
    assert not fresh.slid

    await system.db.execute(
        "UPDATE meta.session SET last_seen_at = now() - interval '11 minutes', expires_at = now() + interval '1 hour'"
    )
    slid = await accounts.session_actor(system, token)
    assert slid is not None
    assert slid.slid
    expiry = await system.db.value(
        "SELECT expires_at FROM meta.session WHERE token_hash = $1", secrets.hash_token(token)
    )
    assert expiry - datetime.now(UTC) > timedelta(days=system.settings.session_days - 1)

    await system.db.execute("UPDATE meta.session SET expires_at = now() - interval '1 second'")
    assert await accounts.session_actor(system, token) is None
    await accounts.forget_expired(system)
    assert await system.db.value("SELECT count(*) FROM meta.session") == 0


async def test_sessions_are_listed_and_ended_one_by_one_or_all(system: System, owner: Actor) -> None:
    await system.db.execute("DELETE FROM meta.session")
    someone = await accounts.find_person(system, owner.id)
    tokens = [await accounts.open_session(system, someone, user_agent=f"browser {n}") for n in range(3)]

    listed = await accounts.sessions(system, owner, tokens[1])
    assert [s.user_agent for s in listed if s.current] == ["browser 1"]
    assert len(listed) == 3

    other = next(s for s in listed if s.user_agent == "browser 0")
    await accounts.sign_out_session(system, owner, other.number)
    assert await accounts.session_actor(system, tokens[0]) is None
    stranger = await actor_of(system, await person(system, "zhou@example.com"))
    with pytest.raises(NotFound):
        await accounts.sign_out_session(system, stranger, listed[0].number)

    assert await accounts.sign_out_everywhere(system, owner, keep=tokens[1]) == 1
    assert await accounts.session_actor(system, tokens[1]) is not None
    assert await accounts.session_actor(system, tokens[2]) is None


async def test_a_new_password_ends_all_other_sessions(system: System, owner: Actor) -> None:
    here, _ = await accounts.sign_in(system, email=owner.email, password=PASSWORD)
    there, _ = await accounts.sign_in(system, email=owner.email, password=PASSWORD)

    with pytest.raises(InvalidInput) as refusal:
        await accounts.change_password(system, owner, current="wrong", new="another-good-1")
    assert refusal.value.field == "current"
    with pytest.raises(InvalidInput) as refusal:
        await accounts.change_password(system, owner, current=PASSWORD, new="12345678")
    assert refusal.value.field == "new"
    await accounts.change_password(system, owner, current=PASSWORD, new="another-good-1", keep_session=here)

    assert await accounts.session_actor(system, here) is not None
    assert await accounts.session_actor(system, there) is None
    with pytest.raises(NotSignedIn):
        await accounts.sign_in(system, email=owner.email, password=PASSWORD)
    await accounts.sign_in(system, email=owner.email, password="another-good-1")


async def test_a_token_acts_for_its_person_until_it_is_revoked(system: System, owner: Actor) -> None:
    token, info = await accounts.create_token(system, owner, name="ERP 对接")
    assert token.startswith(accounts.TOKEN_PREFIX)

    acting = await accounts.token_actor(system, token)
    assert acting is not None
    assert (acting.kind, acting.id, acting.everywhere) == ("token", owner.id, "owner")
    listed = await accounts.tokens(system, owner)
    assert [t.name for t in listed] == ["ERP 对接"]
    assert listed[0].last_used_at is not None
    assert token not in str(await system.db.fetch("SELECT * FROM meta.api_token"))

    stranger = await actor_of(system, await person(system, "zhou@example.com"))
    with pytest.raises(NotFound):
        await accounts.revoke_token(system, stranger, info.id)
    await accounts.revoke_token(system, owner, info.id)
    assert await accounts.token_actor(system, token) is None
    assert await accounts.token_actor(system, "hb_nonsense") is None


async def test_switching_an_account_off_stops_its_sessions_and_tokens_at_once(
    system: System, owner: Actor
) -> None:
    zhou = await person(system, "zhou@example.com")
    session = await accounts.open_session(system, zhou)
    token, _ = await accounts.create_token(system, zhou)

    await accounts.set_active(system, owner, zhou.id, False)

    assert await accounts.session_actor(system, session) is None
    assert await accounts.token_actor(system, token) is None
    await accounts.set_active(system, owner, zhou.id, True)
    assert await accounts.token_actor(system, token) is not None
    with pytest.raises(RuleBroken):
        await accounts.set_active(system, owner, owner.id, False)
    with pytest.raises(NotAllowed):
        await accounts.set_active(system, await actor_of(system, zhou), owner.id, False)


async def test_roles_hold_from_the_next_request_on(system: System, world: World, owner: Actor) -> None:
    zhou = await person(system, "zhou@example.com")
    session = await accounts.open_session(system, zhou)

    async def role() -> str | None:
        found = await accounts.session_actor(system, session)
        assert found is not None
        return found.actor.role_in(world.app_id)

    assert await role() is None
    await accounts.set_role(system, owner, world.app_id, zhou.id, "editor")
    assert await role() == "editor"
    await accounts.set_role(system, owner, world.app_id, zhou.id, "viewer")
    assert await role() == "viewer"
    await accounts.remove_member(system, owner, world.app_id, zhou.id)
    assert await role() is None


async def test_an_app_keeps_an_owner(system: System, world: World, owner: Actor) -> None:
    zhou, wu = await person(system, "zhou@example.com"), await person(system, "wu@example.com", "小吴")
    for someone in (zhou, wu):
        await accounts.set_role(system, owner, world.app_id, someone.id, "owner")
    acting = await actor_of(system, zhou)

    async def leave(someone: accounts.Person) -> str:
        try:
            await accounts.remove_member(system, await actor_of(system, someone), world.app_id, someone.id)
        except RuleBroken as error:
            return error.error_code
        return "left"

    # both leave at once: one of them has to stay
    assert sorted(await asyncio.gather(leave(zhou), leave(wu))) == ["last_owner", "left"]
    left = await accounts.members(system, owner, world.app_id)
    assert len(left) == 1
    with pytest.raises(RuleBroken):
        await accounts.set_role(system, owner, world.app_id, left[0].id, "viewer")
    with pytest.raises(InvalidInput):
        await accounts.set_role(system, owner, world.app_id, zhou.id, "emperor")
    assert acting.role_in(world.app_id) == "owner"


async def test_only_those_who_manage_members_do(system: System, world: World, owner: Actor) -> None:
    people = {}
    for role in ("builder", "editor", "viewer"):
        someone = await person(system, f"{role}@example.com", role)
        await accounts.set_role(system, owner, world.app_id, someone.id, role)
        people[role] = await actor_of(system, someone)
    stranger = await actor_of(system, await person(system, "stranger@example.com"))

    for actor in people.values():
        with pytest.raises(NotAllowed):
            await accounts.invite(system, actor, world.app_id, email="x@example.com", role="viewer")
        with pytest.raises(NotAllowed):
            await accounts.set_role(system, actor, world.app_id, actor.id, "owner")
        with pytest.raises(NotAllowed):
            await accounts.invitations(system, actor, world.app_id)
        assert len(await accounts.members(system, actor, world.app_id)) == 3
    with pytest.raises(NotFound):  # to a stranger the app does not exist
        await accounts.members(system, stranger, world.app_id)


async def test_an_invitation_makes_an_account_with_the_role(
    system: System, world: World, owner: Actor
) -> None:
    token, made = await accounts.invite(system, owner, world.app_id, email="Wu@Example.com", role="editor")
    assert (made.email, made.role, made.app_name, made.invited_by, made.has_account) == (
        "wu@example.com", "editor", "订单中枢", "小 林", False,
    )  # fmt: skip
    assert [i.email for i in await accounts.invitations(system, owner, world.app_id)] == ["wu@example.com"]

    with pytest.raises(InvalidInput) as refusal:
        await accounts.accept_invitation(system, token, name="", password="123")
    assert {p.field for p in refusal.value.problems} == {"name", "password"}
    _, wu = await accounts.accept_invitation(system, token, name="小吴", password=PASSWORD, language="en")

    actor = await actor_of(system, wu)
    assert (actor.role_in(world.app_id), actor.language, actor.everywhere) == ("editor", "en", None)
    assert await accounts.invitations(system, owner, world.app_id) == []
    with pytest.raises(NotFound):
        await accounts.accept_invitation(system, token, name="再来", password=PASSWORD)


async def test_an_invitation_to_somebody_with_an_account_needs_their_sign_in(
    system: System, world: World, owner: Actor
) -> None:
    wu, zhou = await person(system, "wu@example.com", "小吴"), await person(system, "zhou@example.com")
    token, made = await accounts.invite(system, owner, world.app_id, email="wu@example.com", role="viewer")
    assert made.has_account

    with pytest.raises(NotSignedIn):
        await accounts.accept_invitation(system, token, name="贼", password=PASSWORD)
    with pytest.raises(RuleBroken) as refusal:
        await accounts.accept_invitation(system, token, actor=await actor_of(system, zhou))
    assert refusal.value.error_code == "other_person"
    await accounts.accept_invitation(system, token, actor=await actor_of(system, wu))

    assert (await actor_of(system, wu)).role_in(world.app_id) == "viewer"


async def test_an_invitation_never_lowers_a_role(system: System, world: World, owner: Actor) -> None:
    wu = await person(system, "wu@example.com")
    token, _ = await accounts.invite(system, owner, world.app_id, email="wu@example.com", role="viewer")
    await accounts.set_role(system, owner, world.app_id, wu.id, "builder")

    await accounts.accept_invitation(system, token, actor=await actor_of(system, wu))

    assert (await actor_of(system, wu)).role_in(world.app_id) == "builder"


async def test_old_replaced_and_revoked_invitations_are_void(
    system: System, world: World, owner: Actor
) -> None:
    first, _ = await accounts.invite(system, owner, world.app_id, email="wu@example.com", role="viewer")
    second, made = await accounts.invite(system, owner, world.app_id, email="wu@example.com", role="editor")
    with pytest.raises(NotFound):
        await accounts.find_invitation(system, first)
    assert (await accounts.find_invitation(system, second)).role == "editor"

    await accounts.revoke_invitation(system, owner, world.app_id, made.number)
    with pytest.raises(NotFound):
        await accounts.find_invitation(system, second)

    third, _ = await accounts.invite(system, owner, world.app_id, email="wu@example.com", role="viewer")
    await system.db.execute("UPDATE meta.invitation SET expires_at = now() - interval '1 second'")
    with pytest.raises(NotFound):
        await accounts.accept_invitation(system, third, name="小吴", password=PASSWORD)


async def test_a_member_is_not_invited_again(system: System, world: World, owner: Actor) -> None:
    wu = await person(system, "wu@example.com")
    await accounts.set_role(system, owner, world.app_id, wu.id, "viewer")
    with pytest.raises(RuleBroken) as refusal:
        await accounts.invite(system, owner, world.app_id, email="wu@example.com", role="editor")
    assert refusal.value.error_code == "already_member"


async def test_two_clicks_on_an_invitation_make_one_account(
    system: System, world: World, owner: Actor
) -> None:
    token, _ = await accounts.invite(system, owner, world.app_id, email="wu@example.com", role="editor")

    async def click() -> str:
        try:
            await accounts.accept_invitation(system, token, name="小吴", password=PASSWORD)
        except HuobiaoError as error:
            return error.error_code
        return "in"

    results = await asyncio.gather(*(click() for _ in range(4)))
    assert results.count("in") == 1
    assert await system.db.value("SELECT count(*) FROM meta.person WHERE email = 'wu@example.com'") == 1


def test_waits_double_up_to_a_quarter_of_an_hour() -> None:
    assert [throttle.EMAIL.wait_seconds(n) for n in (1, 4, 5, 6, 7, 12, 13, 99)] == [
        0,
        0,
        5,
        10,
        20,
        640,
        900,
        900,
    ]


async def fail(system: System, email: str, address: str = "") -> str:
    try:
        await accounts.sign_in(system, email=email, password="wrong-password", address=address)
    except HuobiaoError as error:
        return error.error_code
    return "in"


async def test_guessing_one_persons_password_has_to_wait(system: System, owner: Actor) -> None:
    # all at once: counting before looking lets none slip through
    results = await asyncio.gather(*(fail(system, owner.email, f"198.51.100.{n}") for n in range(8)))
    assert results.count("wrong_password") == 5
    assert results.count("login_throttled") == 3

    with pytest.raises(TooOften) as refusal:  # the right password has to wait too
        await accounts.sign_in(system, email=owner.email, password=PASSWORD)
    assert 0 < (refusal.value.retry_after_seconds or 0) <= 6
    assert "秒" in str(refusal.value)
    zhou = await person(system, "zhou@example.com")
    await accounts.sign_in(system, email=zhou.email, password=PASSWORD)  # others do not


async def test_a_right_password_takes_the_count_back(system: System, owner: Actor) -> None:
    for _ in range(3):
        for _ in range(4):
            assert await fail(system, owner.email) == "wrong_password"
        await accounts.sign_in(system, email=owner.email, password=PASSWORD)


async def test_trying_many_people_from_one_address_has_to_wait(system: System) -> None:
    for n in range(throttle.ADDRESS.free):
        await throttle.admit(system, email=f"p{n}@example.com", address="198.51.100.9")
    with pytest.raises(TooOften):
        await throttle.admit(system, email="one-more@example.com", address="198.51.100.9")
    await throttle.admit(system, email="one-more@example.com", address="198.51.100.10")


async def test_without_redis_each_process_counts_for_itself(system: System, owner: Actor) -> None:
    working, system.live.redis = system.live.redis, connect("redis://127.0.0.1:1")
    try:
        results = [await fail(system, owner.email) for _ in range(6)]
        assert results == ["wrong_password"] * 5 + ["login_throttled"]
        throttle._local.succeed(throttle._counters(owner.email, ""))
        await accounts.sign_in(system, email=owner.email, password=PASSWORD)
    finally:
        await system.live.redis.aclose()
        system.live.redis = working


async def test_name_language_and_theme_are_ones_own_to_change(system: System, owner: Actor) -> None:
    await accounts.set_name(system, owner, "老林")
    await accounts.set_appearance(system, owner, language="en")
    await accounts.set_appearance(system, owner, theme="dark")

    someone = await accounts.find_person(system, owner.id)
    assert (someone.name, someone.language, someone.theme) == ("老林", "en", "dark")
    for wrong in ({"language": "xx"}, {"theme": "pink"}):
        with pytest.raises(InvalidInput):
            await accounts.set_appearance(system, owner, **wrong)
    with pytest.raises(InvalidInput):
        await accounts.set_name(system, owner, " ")
    nobody = msgspec.structs.replace(owner, person=None)
    with pytest.raises(NotFound):
        await accounts.set_name(system, nobody, "谁")
