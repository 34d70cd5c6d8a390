"""Uploaded files, the jobs that import them, and what was wrong with their rows.

The bytes lie in the database because the server that takes a file and the process that imports it may be on two machines.
"""

import sqlalchemy as sa
from sqlalchemy import TypedColumns

from wms.kit.schema import Instant, Json, metadata

STATES = ("queued", "running", "done", "failed", "cancelled")


class _FileColumns(TypedColumns):
    id = sa.Column(sa.Uuid, primary_key=True)
    filename = sa.Column(sa.String(200), nullable=False)
    size_bytes = sa.Column(sa.BigInteger, nullable=False)
    digest = sa.Column(sa.String(64), nullable=False)
    uploaded_at = sa.Column(Instant, nullable=False)
    forgotten = sa.Column(sa.Boolean, nullable=False, server_default=sa.false())  # the bytes are gone, the record stays


import_file = sa.Table(
    "import_file",
    metadata,
    _FileColumns,
    sa.Index("ix_import_file_kept", "uploaded_at", postgresql_where=sa.text("NOT forgotten")),
)


class _ChunkColumns(TypedColumns):
    file_id = sa.Column(sa.Uuid, sa.ForeignKey("import_file.id"), primary_key=True)
    position = sa.Column(sa.Integer, primary_key=True)
    data = sa.Column(sa.LargeBinary, nullable=False)


import_chunk = sa.Table("import_chunk", metadata, _ChunkColumns)


class _JobColumns(TypedColumns):
    id = sa.Column(sa.Uuid, primary_key=True)
    file_id = sa.Column(sa.Uuid, sa.ForeignKey("import_file.id"), nullable=False)
    kind = sa.Column(sa.String(40), nullable=False)
    dry_run = sa.Column(sa.Boolean, nullable=False)
    site = sa.Column(sa.String(8), sa.ForeignKey("site.code"), nullable=True)
    owner_id = sa.Column(sa.Uuid, sa.ForeignKey("party.id"), nullable=True)
    state = sa.Column(sa.String(10), nullable=False)
    actor_id = sa.Column(sa.Uuid, nullable=False)
    actor_name = sa.Column(sa.String(60), nullable=False)
    created_at = sa.Column(Instant, nullable=False)
    started_at = sa.Column(Instant, nullable=True)
    finished_at = sa.Column(Instant, nullable=True)
    total = sa.Column(sa.Integer, nullable=True)  # NULL until the file was read
    done = sa.Column(sa.Integer, nullable=False)  # rows behind us; a killed worker's successor goes on here
    accepted = sa.Column(sa.Integer, nullable=False)
    repeated = sa.Column(sa.Integer, nullable=False)
    refused = sa.Column(sa.Integer, nullable=False)
    error = sa.Column(Json, nullable=True)  # {"code", "params"}: why the file as a whole was not taken
    holder = sa.Column(sa.Uuid, nullable=True)  # the worker that has it
    leased_until = sa.Column(Instant, nullable=True)


import_job = sa.Table(
    "import_job",
    metadata,
    _JobColumns,
    sa.Index("ix_import_job_open", "created_at", postgresql_where=sa.text("state IN ('queued','running')")),
    sa.Index("ix_import_job_created_at", "created_at", "id"),
    sa.CheckConstraint(f"state IN ({','.join(repr(one) for one in STATES)})", name="state"),
    sa.CheckConstraint("done = accepted + repeated + refused", name="adds_up"),
)


class _ProblemColumns(TypedColumns):
    job_id = sa.Column(sa.Uuid, sa.ForeignKey("import_job.id"), primary_key=True)
    row_no = sa.Column(sa.Integer, primary_key=True)
    column_name = sa.Column(sa.String(60), primary_key=True)
    code = sa.Column(sa.String(64), nullable=False)
    params = sa.Column(Json, nullable=False)


import_problem = sa.Table("import_problem", metadata, _ProblemColumns)
