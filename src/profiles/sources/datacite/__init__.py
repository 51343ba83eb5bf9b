"""DataCite: reading of its JSON (pure), and the client of its REST API."""
