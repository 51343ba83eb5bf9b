"""The stages joined: harvest, match, deliver, and what people and permissions set in motion."""
