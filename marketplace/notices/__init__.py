"""The outbox: every mail is a row written in the transaction of the act that it tells of, and sent afterwards, at
least once.

This house stands low (only the journal and the kit are below), so that every house can write mails in its own words
(wording.py).
"""
