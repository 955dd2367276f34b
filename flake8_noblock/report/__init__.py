"""What users read: messages and rule pages."""
