"""`make bench-floor`: what people wait for. Work for fifty, scans during an import, long documents, a recall."""
