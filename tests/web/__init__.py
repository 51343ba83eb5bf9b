"""What people see: client tests of every page, and the whole story in a browser."""
