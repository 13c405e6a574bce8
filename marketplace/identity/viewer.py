"""The Viewer: who is asking, as a value (pure). Actions and queries take it; nothing else decides what somebody may
see."""

from dataclasses import dataclass

from marketplace.identity.roles import BUYERS, PROVIDERS, Kind, Role


@dataclass(frozen=True)
class Viewer:
    """A signed-in person, the public (no user), or a part of the machine (`machine` names it)."""

    user_id: str | None = None
    name: str = ""
    email: str = ""
    role: Role | None = None
    organisation_id: str | None = None
    organisation_name: str = ""
    kind: Kind | None = None
    machine: str = ""

    @property
    def actor(self) -> str:
        """How the journal names the viewer."""
        if self.machine:
            return f"machine:{self.machine}"
        return f"user:{self.user_id}" if self.user_id else "public"

    @property
    def signed_in(self) -> bool:
        """Whether this is a person who signed in."""
        return self.user_id is not None

    @property
    def buys(self) -> bool:
        """Whether the viewer acts for a CCG or board."""
        return self.kind in BUYERS

    @property
    def provides(self) -> bool:
        """Whether the viewer acts for a provider."""
        return self.kind in PROVIDERS


PUBLIC_VIEWER = Viewer()


def machine(name: str) -> Viewer:
    """The viewer of a background job, such as machine("closing")."""
    return Viewer(machine=name)
