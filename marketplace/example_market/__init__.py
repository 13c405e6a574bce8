"""The example market of `marketplace demo`: real places, made-up bids, loaded by the same acts that people use."""

from marketplace.example_market.loading import PASSWORD, Report, load

__all__ = ["PASSWORD", "Report", "load"]
