"""When an unstake made now is paid, and how good such odds have been."""
