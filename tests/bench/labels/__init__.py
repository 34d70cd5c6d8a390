"""Label reading measured on synthetic tunnel frames."""
