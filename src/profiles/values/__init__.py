"""Values that the stages hand to each other: frozen, checked once, free of effects."""
