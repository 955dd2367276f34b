"""What is known of libraries without reading them: tables, their schema and their loader."""
