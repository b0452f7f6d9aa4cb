"""The users that Tempest runs as: choose, check, create and delete them."""

from defcheck.cloud.accounts.accounts_file import (
    count_supported_workers,
    load_account_entries,
    parse_accounts,
)
from defcheck.cloud.accounts.credentials import (
    AccountsReport,
    TempestCredentials,
    check_accounts_file,
    choose_credentials,
)

__all__ = [
    "AccountsReport",
    "TempestCredentials",
    "check_accounts_file",
    "choose_credentials",
    "count_supported_workers",
    "load_account_entries",
    "parse_accounts",
]
