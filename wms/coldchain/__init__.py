"""The cold chain: what probes measured, when a zone was too warm or too cold, and which lots lay there then."""
