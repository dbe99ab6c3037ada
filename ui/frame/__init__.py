"""What stands around every page: label, notices, footer, the sync button."""
