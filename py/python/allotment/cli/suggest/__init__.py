"""Limits that would have let 99 % of the sessions through, as a policy file."""
