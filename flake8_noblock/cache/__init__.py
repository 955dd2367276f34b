"""What earlier runs worked out, kept for the next."""
