"""The simulated ORCID: OAuth and OpenID, Member API v3.0, public API, and its pages."""
