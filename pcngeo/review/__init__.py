"""The page a reviewer opens."""
