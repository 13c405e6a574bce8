"""Tests: rules (pure), actions, pages, workers, stories (browser), house (habits), benchmarks, cases."""
