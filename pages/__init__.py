"""What people see: a folder a page. Its `page.py` is the script; beside it what it alone needs."""
