"""Celery: the second front door, thin."""
