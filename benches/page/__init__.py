"""What the built-in page and store need for a day of a real run's data, in a real browser."""
