"""Stands in for the Open vSwitch agent: `neutron_agent.py --config-file FILE…`.

Run as a program by the lab's own Python, since only that one has Neutron installed. It
reports its state like an agent, and that every port bound to its host is up: no
driver plugs these ports, so a real agent would never see one.
"""

import importlib
import sys
import time
from typing import Any

REPORT_SECONDS = 5.0
"""Seconds between two reports of its state."""

LOOK_SECONDS = 1.0
"""Seconds between two checks for new ports."""

AGENT_NAME = "neutron-openvswitch-agent"

AGENT_STATE = {
    "binary": AGENT_NAME,
    "configurations": {
        "bridge_mappings": {"public": "br-ex"},
        "tunnel_types": ["vxlan"],
        "tunneling_ip": "127.0.0.1",
        "integration_bridge": "br-int",
        "datapath_type": "netdev",
        "ovs_hybrid_plug": False,
        "ovs_capabilities": {"datapath_types": ["netdev", "system"], "iface_types": []},
        "extensions": [],
        "devices": 0,
    },
}
"""The settings that Neutron needs to bind a port to the host."""


class PortAgent:
    """The agent of one host."""

    def __init__(self, options: Any, rpc: Any, context: Any, api: Any) -> None:
        self._host = options.host
        self._context = context
        self._api = api
        topics: Any = importlib.import_module("neutron_lib.agent.topics")
        constants: Any = importlib.import_module("neutron_lib.constants")
        self._reports = rpc.PluginReportStateAPI(topics.REPORTS)
        self._server = rpc.PluginApi(topics.PLUGIN)
        self._state = {
            **AGENT_STATE,
            "host": self._host,
            "topic": constants.L2_AGENT_TOPIC,
            "agent_type": constants.AGENT_TYPE_OVS,
            "start_flag": True,
        }

    def report_state(self) -> None:
        """Report that it is alive."""
        self._reports.report_state(self._context, self._state, use_call=True)
        self._state.pop("start_flag", None)

    def report_ports_up(self) -> None:
        """Report every port of the host that is still down as up."""
        wanted = {
            "status": "DOWN",
            "binding:host_id": self._host,
            "fields": ["id", "binding:vif_type"],
        }
        for port in self._api.get("/v2.0/ports", params=wanted).json()["ports"]:
            if port["binding:vif_type"] == "ovs":
                self._server.update_device_up(
                    self._context, port["id"], f"{AGENT_NAME}-{self._host}", self._host
                )


def main() -> None:
    """Report states and ports until terminated."""
    config: Any = importlib.import_module("neutron.common.config")
    agent_options: Any = importlib.import_module("neutron.conf.agent.common")
    rpc: Any = importlib.import_module("neutron.agent.rpc")
    loading: Any = importlib.import_module("keystoneauth1.loading")
    adapter: Any = importlib.import_module("keystoneauth1.adapter")
    context: Any = importlib.import_module("neutron_lib.context")
    options = importlib.import_module("oslo_config.cfg").CONF

    agent_options.register_agent_state_opts_helper(options)
    config.register_common_config_options()
    section = "keystone_authtoken"
    loading.register_auth_conf_options(options, section)
    loading.register_session_conf_options(options, section)
    config.init(sys.argv[1:])
    config.setup_logging()
    # It also limits the time of a single report.
    options.set_override("report_interval", 5, "AGENT")

    session = loading.load_session_from_conf_options(
        options, section, auth=loading.load_auth_from_conf_options(options, section)
    )
    api = adapter.Adapter(session, service_type="network", interface="public")
    agent = PortAgent(options, rpc, context.get_admin_context_without_session(), api)
    log: Any = importlib.import_module("oslo_log.log").getLogger("defcheck.lab.agent")
    reported = 0.0
    while True:
        try:
            if time.monotonic() - reported > REPORT_SECONDS:
                agent.report_state()
                reported = time.monotonic()
            agent.report_ports_up()
        except Exception as error:  # the server may be away for a while
            log.warning("%s: %s", type(error).__name__, error)
        time.sleep(LOOK_SECONDS)


if __name__ == "__main__":
    main()
