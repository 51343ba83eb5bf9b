"""One module per benchmark, and what they share: figures, a temporary home, the processes measured."""
