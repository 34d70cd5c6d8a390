"""Who acts. Built from a token by `wms.access`, or `SYSTEM` inside workers; rights, sites and owners are decided once, here
carried."""

from dataclasses import dataclass
from uuid import UUID

from wms.kit.refusal import Refusal


@dataclass(frozen=True, slots=True)
class Actor:
    """`sites` None means every site, `owners` None every owner; `rights` are names such as `parcel.read`."""

    id: UUID
    name: str
    role: str
    rights: frozenset[str]
    sites: frozenset[str] | None
    owners: frozenset[UUID] | None = None
    device: str | None = None  # the shared handheld they work on

    def may(self, right: str, site: str | None = None) -> bool:
        return right in self.rights and (site is None or self.sites is None or site in self.sites)

    def need(self, right: str, site: str | None = None, *, absent: Refusal | None = None) -> None:
        """Refuse unless the right is held at the site.

        What lies at a foreign site is refused as if it were not there: with `absent`, or as `not_found`.
        """
        if right not in self.rights:
            raise Refusal("not_allowed", right=right)
        if site is not None and self.sites is not None and site not in self.sites:
            raise absent or Refusal("not_found")

    def owns(self, owner_id: UUID | None) -> bool:
        """Whether goods of this owner are theirs to see. What nobody owns is seen by those who see every owner."""
        return self.owners is None or owner_id in self.owners

    def need_owner(self, owner_id: UUID | None, *, absent: Refusal | None = None) -> None:
        """Refuse another tenant's goods as if they were not there."""
        if not self.owns(owner_id):
            raise absent or Refusal("not_found")


SYSTEM = Actor(UUID(int=0), "system", "system", frozenset(), None)
