"""Hosts: what makes other toolkits see this package, each through its own interface."""
