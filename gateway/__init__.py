"""The edge process: reads machines, decides inside the deadline, keeps every event until the warehouse has it."""
