"""`python -m profiles` is the `profiles` command."""

from __future__ import annotations

from .ops.command import main

if __name__ == "__main__":
    main()
