"""What holds for all tests: how the properties are tried."""

from hypothesis import HealthCheck, settings

# No test asserts a time, and what failed once fails again: the same examples each time.
settings.register_profile(
    "same",
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow],
)
# Other examples each time, to search for faults: pytest --hypothesis-profile search
settings.register_profile(
    "search", settings.get_profile("same"), derandomize=False, print_blob=True
)
settings.load_profile("same")
