"""Local servers that behave as outside systems do, for tests, benchmarks and trying things by hand."""
