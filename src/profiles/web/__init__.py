"""The pages people see: addresses, views, templates, static files."""
