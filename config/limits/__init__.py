"""The product's numbers, for forms."""
