"""Persons, their ways in, and what they allowed at ORCID. `accounts` is the only writer."""
