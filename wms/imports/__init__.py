"""Files of rows: reading them with every cap against hostile ones, importing them row by row in the background, exporting."""
