"""Predictions of labelled cases, votes, scores, intervals, paired tests and calibration."""
