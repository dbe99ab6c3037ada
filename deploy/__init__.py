"""How the app is put before strangers: files for nginx, systemd and Docker, and what tries them."""
