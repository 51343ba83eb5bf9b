"""Delivery to ORCID: what to send (plan), what an answer means (outcomes), when to try again (retry)."""
