"""A venue's bytes become events: sockets, REST, recordings. Knows no table."""
