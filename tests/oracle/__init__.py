"""A slow, plain, independent model of what is true of a habit, to compare the product with. See README.md."""
