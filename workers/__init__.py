"""Celery, the second front door: ids in, one action called. Thin: what is done stands in the houses."""
