"""Who is asking: organisations, users, sign-in, the table of roles, the Viewer."""
