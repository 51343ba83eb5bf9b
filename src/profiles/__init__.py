"""DataCite Profiles: from a DOI to an ORCID record. The way through the folders is in ARCHITECTURE.md."""

__version__ = "0.1.0"
