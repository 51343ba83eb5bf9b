"""The ledger of claims: what is wanted for each (iD, DOI), what ORCID has, and why."""
