"""What can be discovered of a cloud with one login, without changing anything.

A `CloudDiscovery` holds facts as the cloud's APIs give them; nothing is chosen
or judged here. Every fact that had to be queried is a value or `Unavailable`
with the reason, independent of all others, so that a dead service or a
forbidden query does not hide the rest. A part such as `CloudDiscovery.compute`
is None where the catalogue has no service of that type.

Units: RAM in MiB, disks in GiB, images in bytes, skew and times in seconds.
Quotas are by the name that the API gives them; -1 is without limit.

The preflight judges a discovery; tempest.conf is built from one.


A `Survey` holds facts as the cloud's APIs give them; nothing is chosen or
judged here. Every fact that had to be asked for is a value or `Unseen` with the
reason, independent of all others, so that a dead service or a forbidden
question leaves the rest to be seen. A part such as `Survey.compute` is None
where the catalogue has no service of that type.

Units: RAM in MiB, disks in GiB, images in bytes, skew and times in seconds.
Quotas are by the name that the API gives them; -1 is without limit.

The preflight judges a survey; tempest.conf is built from one.
"""

from collections.abc import Mapping
from dataclasses import KW_ONLY, dataclass, field
from datetime import datetime
from typing import Any, TypeAlias, TypeGuard, TypeVar

from defcheck.cloud.endpoint_filter import EndpointFilter

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Unavailable:
    """Stands where a fact could not be seen."""

    reason: str
    """In words for a person, such as "this login may not ask (HTTP 403)"."""

    _: KW_ONLY
    refused: bool = False
    """Whether the service answers, but does not let this login see it (HTTP 401 or 403)."""

    no_answer: bool = False
    """Whether there was no answer, however often it was asked: it may be anything."""

    status: int = 0
    """The HTTP status of the answer, 0 where none came."""

    @property
    def absent(self) -> bool:
        """Whether the service answered that there is no such thing."""
        return self.status in (404, 405, 410)


Fact: TypeAlias = T | Unavailable
"""A value, or why there is none."""


def is_available(fact: Fact[T]) -> TypeGuard[T]:
    """Return whether there is a value."""
    return not isinstance(fact, Unavailable)


def value_or(fact: Fact[T], default: T) -> T:
    """Return the value, `otherwise` where it could not be seen."""
    return default if isinstance(fact, Unavailable) else fact


@dataclass(frozen=True, slots=True)
class CatalogueEntry:
    """One endpoint of the catalogue."""

    type: str
    """As the catalogue has it, such as volumev3."""

    official_type: str
    """The official service type, such as block-storage."""

    name: str
    interface: str
    """public, internal or admin."""

    region: str
    url: str
    service: int = 0
    """Which service of the catalogue it belongs to, counted from 0: several may have one type."""


@dataclass(frozen=True, slots=True)
class ApiVersion:
    """A version in a service's version document."""

    version: str
    """Such as 2.1."""

    status: str
    """CURRENT, SUPPORTED, DEPRECATED or EXPERIMENTAL."""

    min_microversion: str
    """Empty, as is the maximum, where the API has none."""

    max_microversion: str


@dataclass(frozen=True, slots=True)
class Certificate:
    """The certificate that an endpoint shows."""

    issuer: str
    subject: str
    not_after: datetime
    """With time zone."""

    trust_error: str
    """Why it is not trusted, empty where it is."""


@dataclass(frozen=True, slots=True)
class EndpointFacts:
    """The endpoint of a service that the tests use, as it answers."""

    entry: CatalogueEntry
    reached: Fact[int]
    """The HTTP status of a GET without token; any status shows that something answers."""

    certificate: Fact[Certificate | None]
    """None where the endpoint is plain HTTP."""

    versions: Fact[tuple[ApiVersion, ...]]


@dataclass(frozen=True, slots=True)
class IdentityFacts:
    """Who the login is, and what the catalogue lists."""

    user_name: str
    user_id: str
    project_name: str
    project_id: str
    roles: tuple[str, ...]
    """Roles of the user in the project."""

    expires: datetime | None
    """When the token ends."""

    catalogue: tuple[CatalogueEntry, ...]
    skew: Fact[float]
    """How far the cloud's clock is ahead of this machine's, to a second."""

    @property
    def regions(self) -> tuple[str, ...]:
        """The regions of the catalogue, sorted."""
        return tuple(sorted({entry.region for entry in self.catalogue if entry.region}))


@dataclass(frozen=True, slots=True)
class Flavor:
    """A size of servers."""

    id: str
    name: str
    ram: int
    disk: int
    vcpus: int
    public: bool


@dataclass(frozen=True, slots=True)
class ComputeFacts:
    """What Nova says."""

    flavors: Fact[tuple[Flavor, ...]]
    limits: Fact[Mapping[str, int]]
    """Absolute limits of the project, and what is used, such as maxTotalInstances."""

    defaults: Fact[Mapping[str, int]]
    """Quotas of a new project, by their names in the quota API, such as instances."""

    zones: Fact[tuple[str, ...]]
    """Availability zones that are available."""

    extensions: Fact[tuple[str, ...]]
    """Aliases."""

    hosts: Fact[int]
    """Compute services that are up and enabled; an administrator may see them."""


@dataclass(frozen=True, slots=True)
class CloudImage:
    """An image that can be used."""

    id: str
    name: str
    size: int
    min_disk: int
    min_ram: int
    disk_format: str
    container_format: str
    visibility: str
    hidden: bool


@dataclass(frozen=True, slots=True)
class ImageFacts:
    """What Glance says."""

    images: Fact[tuple[CloudImage, ...]]
    """The active ones that the project sees."""

    import_methods: Fact[tuple[str, ...]]
    formats: Fact[Mapping[str, tuple[str, ...]]]
    """What disk_format and container_format may be, by Glance's image schema."""


@dataclass(frozen=True, slots=True)
class CloudNetwork:
    """A network that the project sees."""

    id: str
    name: str
    external: bool
    shared: bool
    own: bool
    """Whether it belongs to the project of the login."""

    up: bool
    subnets: tuple[str, ...]
    """Ids, those of foreign networks perhaps hidden."""


@dataclass(frozen=True, slots=True)
class Subnet:
    """A subnet that the project sees."""

    id: str
    network: str
    """The id of its network."""

    version: int
    """4 or 6."""

    cidr: str


@dataclass(frozen=True, slots=True)
class NetworkFacts:
    """What Neutron says."""

    networks: Fact[tuple[CloudNetwork, ...]]
    subnets: Fact[tuple[Subnet, ...]]
    extensions: Fact[tuple[str, ...]]
    """Aliases."""

    quotas: Fact[Mapping[str, int]]
    used: Fact[Mapping[str, int]]
    """How much of each quota the project uses."""

    defaults: Fact[Mapping[str, int]]
    """Quotas of a new project."""

    agents: Fact[tuple[str, ...]]
    """Types of the agents that are alive; an administrator may see them."""


@dataclass(frozen=True, slots=True)
class VolumeType:
    """A kind of volumes."""

    id: str
    name: str
    public: bool
    default: bool
    backend: str
    """volume_backend_name of its extra specs, empty where hidden or none."""

    multiattach: bool


@dataclass(frozen=True, slots=True)
class VolumeBackend:
    """A pool of a volume backend."""

    name: str
    backend: str
    """volume_backend_name."""

    protocol: str
    """storage_protocol, such as iSCSI, nfs or ceph."""

    vendor: str


@dataclass(frozen=True, slots=True)
class VolumeFacts:
    """What Cinder says."""

    types: Fact[tuple[VolumeType, ...]]
    limits: Fact[Mapping[str, int]]
    """Absolute limits of the project, and what is used, such as maxTotalVolumes."""

    defaults: Fact[Mapping[str, int]]
    """Quotas of a new project, by their names in the quota API, such as volumes."""

    zones: Fact[tuple[str, ...]]
    extensions: Fact[tuple[str, ...]]
    """Aliases."""

    backends: Fact[tuple[VolumeBackend, ...]]
    """An administrator may see them."""

    services: Fact[tuple[str, ...]]
    """Binaries that are up and enabled, such as cinder-backup; for an administrator."""


@dataclass(frozen=True, slots=True)
class ObjectStorageFacts:
    """What Swift says."""

    info: Fact[Mapping[str, Any]]
    """The answer of /info, which a cloud may hide."""

    account: Fact[Mapping[str, str]]
    """Headers of the project's account, by name in lower case."""

    @property
    def tempurl_digests(self) -> tuple[str, ...]:
        """The digests of temporary URLs that /info lists; empty where it does not tell."""
        tempurl = self.info.get("tempurl") if isinstance(self.info, Mapping) else None
        digests = tempurl.get("allowed_digests") if isinstance(tempurl, Mapping) else None
        return tuple(map(str, digests)) if isinstance(digests, list | tuple) else ()


@dataclass(frozen=True, slots=True)
class CloudDiscovery:
    """All that was seen of a cloud."""

    cloud: str
    """The name in clouds.yaml."""

    auth_url: str
    region: str
    """The region of the run; empty where the catalogue has none."""

    identity: IdentityFacts
    endpoints: tuple[EndpointFacts, ...]
    """Of every service with an endpoint of the chosen interface in the region."""

    compute: ComputeFacts | None
    image: ImageFacts | None
    network: NetworkFacts | None
    volume: VolumeFacts | None
    object_storage: ObjectStorageFacts | None
    seconds: float
    """How long it took to look."""

    endpoint_filter: EndpointFilter = field(default_factory=EndpointFilter)
    """Which of the catalogue's endpoints were chosen."""

    region_reason: str = ""
    """Why the region was chosen, where neither clouds.yaml nor a single region decides."""

    remarks: tuple[str, ...] = ()
    """Settings of clouds.yaml that Tempest cannot follow, as sentences without a full stop."""

    @property
    def services(self) -> frozenset[str]:
        """Official types of the services in the catalogue, whether they answer or not."""
        return frozenset(entry.official_type for entry in self.identity.catalogue)

    def find_endpoint(self, service: str) -> EndpointFacts | None:
        """Return the endpoint of a service by its official type, such as block-storage."""
        return next((one for one in self.endpoints if one.entry.official_type == service), None)

    def get_microversion_range(self, service: str) -> tuple[str, str]:
        """Return the lowest and highest microversion of a service, empty where it has none."""
        endpoint = self.find_endpoint(service)
        if endpoint is None or not isinstance(endpoint.versions, tuple):
            return "", ""
        for version in sorted(endpoint.versions, key=_version_key, reverse=True):
            if version.max_microversion:
                return version.min_microversion, version.max_microversion
        return "", ""


def _version_key(version: ApiVersion) -> tuple[int, ...]:
    return tuple(int(part) for part in version.version.split(".") if part.isdigit())
