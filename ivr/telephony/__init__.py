"""The real telephone side: a private Asterisk beside the menus, and the logins of softphones."""
