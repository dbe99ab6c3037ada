"""One unstake as the chain knows it now."""
