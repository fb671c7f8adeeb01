"""What can be said of menus without running them for anybody: every state they can come to, walked through the engine itself."""
