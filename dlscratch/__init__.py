"""Deep learning from scratch: the small library that the book grows."""
