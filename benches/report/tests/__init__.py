"""What the report says of figures that are known."""
