"""Published files -> the practices frame, with an account of every row."""
