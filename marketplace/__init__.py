"""Tendering for NHS back-office support. Empty on purpose, so that pure rooms stay pure."""
