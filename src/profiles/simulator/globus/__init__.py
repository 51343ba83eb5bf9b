"""The simulated Globus Auth: OpenID Connect with identity sets and a choice of institution."""
