"""The simulated DataCite REST API, with pages to register, change and hide DOIs."""
