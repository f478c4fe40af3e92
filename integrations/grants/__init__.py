"""What accounts let partners do, and how they take over histories that partners keep."""
