"""Control: whether lots stay as they were, and whether what they vary by fits between limits."""
