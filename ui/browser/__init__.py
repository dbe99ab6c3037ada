"""What only the browser can do: the wallet, the clipboard, what is read out."""
