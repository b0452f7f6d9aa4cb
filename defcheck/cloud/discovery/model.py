"""What can be discovered of a cloud with one login, without changing anything.

A `CloudDiscovery` holds facts as the cloud's APIs return them; nothing is chosen
or judged here. Every fact that had to be queried is a value or `Unavailable`
with the reason, independent of all others, so that a dead service or a
forbidden query does not hide the rest. A part such as `CloudDiscovery.compute`
is None if the catalogue has no service of that type.

Units: RAM in MiB, disks in GiB, images in bytes, skew and times in seconds.
Quotas are by the name that the API gives them; -1 is without limit.

The preflight judges a discovery; tempest.conf is built from one.
"""

from collections.abc import Mapping
from dataclasses import KW_ONLY, dataclass, field
from datetime import datetime
from typing import Any, TypeAlias, TypeGuard, TypeVar

from defcheck.cloud.endpoint_filter import EndpointFilter

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Unavailable:
    """A fact that could not be determined, with the reason."""

    reason: str
    """For display, such as "this account is not permitted to see it (HTTP 403)"."""

    _: KW_ONLY
    refused: bool = False
    """Whether the service responds, but refuses this account (HTTP 401 or 403)."""

    no_answer: bool = False
    """Whether no attempt got an answer, so that nothing is known."""

    status: int = 0
    """The HTTP status of the response, 0 if there was none."""

    @property
    def absent(self) -> bool:
        """Whether the service responded that it does not exist."""
        return self.status in (404, 405, 410)


Fact: TypeAlias = T | Unavailable
"""A value, or why there is none."""


def is_available(fact: Fact[T]) -> TypeGuard[T]:
    """Return whether there is a value."""
    return not isinstance(fact, Unavailable)


def value_or(fact: Fact[T], default: T) -> T:
    """Return the value, `default` if it is unavailable."""
    return default if isinstance(fact, Unavailable) else fact


@dataclass(frozen=True, slots=True)
class CatalogueEntry:
    """One endpoint of the catalogue."""

    type: str
    """The type in the catalogue, such as volumev3."""

    official_type: str
    """The official service type, such as block-storage."""

    name: str
    interface: str
    """public, internal or admin."""

    region: str
    url: str
    service: int = 0
    """Index of its service in the catalogue, from 0: several services may share a type."""


@dataclass(frozen=True, slots=True)
class ApiVersion:
    """A version in a service's version document."""

    version: str
    """Such as 2.1."""

    status: str
    """CURRENT, SUPPORTED, DEPRECATED or EXPERIMENTAL."""

    min_microversion: str
    """Empty, like the maximum, if the API has no microversions."""

    max_microversion: str


@dataclass(frozen=True, slots=True)
class Certificate:
    """The certificate that an endpoint presents."""

    issuer: str
    subject: str
    not_after: datetime
    """With time zone."""

    trust_error: str
    """Why it is not trusted, empty if it is."""


@dataclass(frozen=True, slots=True)
class EndpointFacts:
    """The endpoint of a service that the tests use, and how it responds."""

    entry: CatalogueEntry
    reached: Fact[int]
    """The HTTP status of a GET without token; any status shows that something responds."""

    certificate: Fact[Certificate | None]
    """None if the endpoint is plain HTTP."""

    versions: Fact[tuple[ApiVersion, ...]]


@dataclass(frozen=True, slots=True)
class IdentityFacts:
    """The user and project of the token, and what the catalogue lists."""

    user_name: str
    user_id: str
    project_name: str
    project_id: str
    roles: tuple[str, ...]
    """Roles of the user in the project."""

    expires: datetime | None
    """When the token expires."""

    catalogue: tuple[CatalogueEntry, ...]
    skew: Fact[float]
    """How far the cloud's clock is ahead of this machine's, to a second."""

    @property
    def regions(self) -> tuple[str, ...]:
        """The regions of the catalogue, sorted."""
        return tuple(sorted({entry.region for entry in self.catalogue if entry.region}))


@dataclass(frozen=True, slots=True)
class Flavor:
    """A flavor."""

    id: str
    name: str
    ram: int
    disk: int
    vcpus: int
    public: bool


@dataclass(frozen=True, slots=True)
class ComputeFacts:
    """Facts about Nova."""

    flavors: Fact[tuple[Flavor, ...]]
    limits: Fact[Mapping[str, int]]
    """Absolute limits and usage of the project, such as maxTotalInstances."""

    defaults: Fact[Mapping[str, int]]
    """Quotas of a new project, by their names in the quota API, such as instances."""

    zones: Fact[tuple[str, ...]]
    """Availability zones that are available."""

    extensions: Fact[tuple[str, ...]]
    """Aliases."""

    hosts: Fact[int]
    """How many compute services are up and enabled; only an administrator may see it."""


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
    """Facts about Glance."""

    images: Fact[tuple[CloudImage, ...]]
    """The active images that the project sees."""

    import_methods: Fact[tuple[str, ...]]
    formats: Fact[Mapping[str, tuple[str, ...]]]
    """Permitted values of disk_format and container_format, from Glance's image schema."""


@dataclass(frozen=True, slots=True)
class CloudNetwork:
    """A network that the project sees."""

    id: str
    name: str
    external: bool
    shared: bool
    own: bool
    """Whether it belongs to the account's project."""

    up: bool
    subnets: tuple[str, ...]
    """Ids; those of other projects' networks may be hidden."""


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
    """Facts about Neutron."""

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
    """Types of the agents that are alive; only an administrator may see them."""


@dataclass(frozen=True, slots=True)
class VolumeType:
    """A volume type."""

    id: str
    name: str
    public: bool
    default: bool
    backend: str
    """volume_backend_name of its extra specs, empty if hidden or none."""

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
    """Facts about Cinder."""

    types: Fact[tuple[VolumeType, ...]]
    limits: Fact[Mapping[str, int]]
    """Absolute limits and usage of the project, such as maxTotalVolumes."""

    defaults: Fact[Mapping[str, int]]
    """Quotas of a new project, by their names in the quota API, such as volumes."""

    zones: Fact[tuple[str, ...]]
    extensions: Fact[tuple[str, ...]]
    """Aliases."""

    backends: Fact[tuple[VolumeBackend, ...]]
    """Only an administrator may see them."""

    services: Fact[tuple[str, ...]]
    """Binaries that are up and enabled, such as cinder-backup; only for an administrator."""


@dataclass(frozen=True, slots=True)
class ObjectStorageFacts:
    """Facts about Swift."""

    info: Fact[Mapping[str, Any]]
    """The content of /info, which a cloud may hide."""

    account: Fact[Mapping[str, str]]
    """Headers of the project's account, by name in lower case."""

    @property
    def tempurl_digests(self) -> tuple[str, ...]:
        """The digests of temporary URLs that /info lists; empty if it lists none."""
        tempurl = self.info.get("tempurl") if isinstance(self.info, Mapping) else None
        digests = tempurl.get("allowed_digests") if isinstance(tempurl, Mapping) else None
        return tuple(map(str, digests)) if isinstance(digests, list | tuple) else ()


@dataclass(frozen=True, slots=True)
class CloudDiscovery:
    """All facts about a cloud."""

    cloud: str
    """The name in clouds.yaml."""

    auth_url: str
    region: str
    """The region of the run; empty if the catalogue has none."""

    identity: IdentityFacts
    endpoints: tuple[EndpointFacts, ...]
    """Of every service with an endpoint of the chosen interface in the region."""

    compute: ComputeFacts | None
    image: ImageFacts | None
    network: NetworkFacts | None
    volume: VolumeFacts | None
    object_storage: ObjectStorageFacts | None
    seconds: float
    """How many seconds the discovery took."""

    endpoint_filter: EndpointFilter = field(default_factory=EndpointFilter)
    """Which endpoints of the catalogue are used."""

    region_reason: str = ""
    """Why the region was chosen, if neither clouds.yaml nor a single region decides."""

    remarks: tuple[str, ...] = ()
    """Remarks on settings of clouds.yaml, as sentences without a full stop."""

    @property
    def services(self) -> frozenset[str]:
        """Official types of the services in the catalogue, whether they respond or not."""
        return frozenset(entry.official_type for entry in self.identity.catalogue)

    def find_endpoint(self, service: str) -> EndpointFacts | None:
        """Return the endpoint of a service by its official type, such as block-storage."""
        return next((one for one in self.endpoints if one.entry.official_type == service), None)

    def get_microversion_range(self, service: str) -> tuple[str, str]:
        """Return the lowest and highest microversion of a service, empty if it has none."""
        endpoint = self.find_endpoint(service)
        if endpoint is None or not isinstance(endpoint.versions, tuple):
            return "", ""
        for version in sorted(endpoint.versions, key=_version_key, reverse=True):
            if version.max_microversion:
                return version.min_microversion, version.max_microversion
        return "", ""


def _version_key(version: ApiVersion) -> tuple[int, ...]:
    return tuple(int(part) for part in version.version.split(".") if part.isdigit())
