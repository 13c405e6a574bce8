"""The pages of accounts: sign-in, registering, teams, and the operator's pages.

They stand above the page toolkit and the register, while the house identity (who is asking) stands below both.
"""
