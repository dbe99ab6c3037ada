"""A store beyond one machine: the same tables in a DuckLake, its catalog in PostgreSQL and its rows
as Parquet in a folder or in S3. Who writes it pushes a store, who reads it pulls one."""
