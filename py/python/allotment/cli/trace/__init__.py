"""Reading traces: from files of any known format to sessions and their calls."""
