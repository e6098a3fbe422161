"""What runs beside an Operator: its announcement, the store, the page."""
