"""All benchmarks, one after the other: `python -m tests.benchmarks`, or some: `python -m tests.benchmarks pages`."""

import sys

from tests.benchmarks import bench_pages, bench_robustness, bench_scoring, bench_submission

ALL = {
    "pages": bench_pages.main,
    "submission": bench_submission.main,
    "scoring": bench_scoring.main,
    "robustness": bench_robustness.main,
}


def main() -> int:
    """Print the ratios; 2 for a name that is none."""
    wanted = sys.argv[1:] or list(ALL)
    unknown = set(wanted) - set(ALL)
    if unknown:
        print(f"There is no benchmark {', '.join(sorted(unknown))}: choose from {', '.join(ALL)}.", file=sys.stderr)
        return 2
    sys.argv = sys.argv[:1]  # the benchmarks read options of their own when run alone
    for name in wanted:
        print(f"== {name}", flush=True)
        ALL[name]()
    return 0


if __name__ == "__main__":
    sys.exit(main())
