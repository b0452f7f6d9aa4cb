"""Services are found under every name that the service types authority knows for them."""

import pytest
from os_service_types import ServiceTypes

from defcheck.cloud.cleanup.services import IDENTITY, OTHERS, ScannedService


@pytest.mark.parametrize("service", [IDENTITY, *OTHERS], ids=lambda service: service.name)
def test_every_type_of_a_service_is_looked_for(service: ScannedService) -> None:
    (official,) = service.types & {one["service_type"] for one in ServiceTypes().services}
    assert service.types == {*ServiceTypes().get_all_types(official)}
