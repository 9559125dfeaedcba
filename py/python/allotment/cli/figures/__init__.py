"""What traces and verdicts add up to: distributions, measures, summaries."""
