"""What Neutron says of itself, of networks and of the project's quotas."""

from defcheck.cloud.connection import Cloud
from defcheck.cloud.survey.asking import items, numbers, together
from defcheck.cloud.survey.model import Net, Network, Subnet


def see(cloud: Cloud, project: str, deadline: float) -> Network:
    """Return what Neutron answers; `project` is the id of the login's project."""
    neutron = cloud.connection.network
    return Network(
        **together(
            {
                "networks": lambda: tuple(
                    Net(
                        id=one.id,
                        name=one.name or "",
                        external=bool(one.is_router_external),
                        shared=bool(one.is_shared),
                        own=one.project_id == project,
                        up=one.status == "ACTIVE" and bool(one.is_admin_state_up),
                        subnets=tuple(one.subnet_ids or ()),
                    )
                    for one in neutron.networks()
                ),
                "subnets": lambda: tuple(
                    Subnet(
                        id=one.id,
                        network=one.network_id,
                        version=one.ip_version,
                        cidr=one.cidr or "",
                    )
                    for one in neutron.subnets()
                ),
                "extensions": lambda: tuple(
                    sorted(one["alias"] for one in items(neutron, "/extensions", "extensions"))
                ),
                "quotas": lambda: numbers(items(neutron, f"/quotas/{project}", "quota")),
                "used": lambda: {
                    name: one["used"]
                    for name, one in items(
                        neutron, f"/quotas/{project}/details.json", "quota"
                    ).items()
                },
                "defaults": lambda: numbers(items(neutron, f"/quotas/{project}/default", "quota")),
                "agents": lambda: tuple(
                    sorted(
                        {
                            one["agent_type"]
                            for one in items(neutron, "/agents", "agents")
                            if one["alive"] and one["admin_state_up"]
                        }
                    )
                ),
            },
            deadline,
        )
    )
