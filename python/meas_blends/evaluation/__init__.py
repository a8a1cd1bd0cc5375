"""How right and how honest the answers are."""
