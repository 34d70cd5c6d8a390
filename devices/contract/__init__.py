"""What gateway and warehouse agree on: topics, envelope, events, acknowledgements, commands and the sort table.

Pure: no I/O, no clock. Every message is a pydantic model; its JSON Schema is generated into `schemas/` and held by a test,
so a change of the wire shape is a change of a file someone reviews.
"""
