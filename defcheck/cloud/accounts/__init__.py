"""The users that Tempest runs as: chosen, checked, made and removed."""

from defcheck.cloud.accounts.checking import Report, check
from defcheck.cloud.accounts.choice import Credentials, choose
from defcheck.cloud.accounts.entries import accounts, check_accounts
from defcheck.cloud.accounts.rules import capacity

__all__ = ["Credentials", "Report", "accounts", "capacity", "check", "check_accounts", "choose"]
