"""Stand-ins of ORCID, Globus Auth and the DataCite REST API, speaking HTTP on loopback.

They have state, keep the documented rules, and can be told to fail. They share no code with
the service that is tested against them.
"""
