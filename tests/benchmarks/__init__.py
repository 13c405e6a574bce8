"""Benchmarks: ratios against floors measured interleaved in the same run. They print, they never assert."""
