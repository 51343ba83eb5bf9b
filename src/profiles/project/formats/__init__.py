"""How dates are written, one folder per language; what is not here is as Django has it."""
