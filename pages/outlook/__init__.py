"""When an amount asked for now is paid, and how good such odds have been."""
