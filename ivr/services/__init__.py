"""What a menu may call: the port, the embedded accounts, an operator's back-end."""
