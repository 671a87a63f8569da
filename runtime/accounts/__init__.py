"""People: who they are, how they prove it, and which role they hold in which app.

A *person* has an e-mail address and a password. A *session* is a signed-in browser, a *token* a program acting for a
person; of both only a hash is stored. A *member* is a person with a role in an app; an *invitation* is a link that makes
one. Every function takes the :class:`~runtime.system.System` first; those that act for somebody take the ``Actor`` next
and check what that one may do. Who may do what with records is :mod:`runtime.access`.
"""

from runtime.accounts.acting import first_owner, person_actor
from runtime.accounts.invitations import (
    Invitation,
    accept_invitation,
    find_invitation,
    invitations,
    invite,
    revoke_invitation,
)
from runtime.accounts.members import ROLES, Member, members, remove_member, set_role
from runtime.accounts.people import (
    Person,
    change_password,
    create_first_owner,
    create_user,
    find_person,
    has_people,
    people,
    reset_password,
    set_active,
    set_appearance,
    set_name,
    set_password,
)
from runtime.accounts.rules import MIN_PASSWORD_LENGTH
from runtime.accounts.sessions import (
    SessionInfo,
    SignedIn,
    forget_expired,
    open_session,
    session_actor,
    sessions,
    sign_in,
    sign_out,
    sign_out_everywhere,
    sign_out_session,
)
from runtime.accounts.tokens import TOKEN_PREFIX, TokenInfo, create_token, revoke_token, token_actor, tokens

__all__ = [
    "MIN_PASSWORD_LENGTH",
    "ROLES",
    "TOKEN_PREFIX",
    "Invitation",
    "Member",
    "Person",
    "SessionInfo",
    "SignedIn",
    "TokenInfo",
    "accept_invitation",
    "change_password",
    "create_first_owner",
    "create_token",
    "create_user",
    "find_invitation",
    "find_person",
    "first_owner",
    "forget_expired",
    "has_people",
    "invitations",
    "invite",
    "members",
    "open_session",
    "people",
    "person_actor",
    "remove_member",
    "reset_password",
    "revoke_invitation",
    "revoke_token",
    "session_actor",
    "sessions",
    "set_active",
    "set_appearance",
    "set_name",
    "set_password",
    "set_role",
    "sign_in",
    "sign_out",
    "sign_out_everywhere",
    "sign_out_session",
    "token_actor",
    "tokens",
]
