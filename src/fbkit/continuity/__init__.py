"""What state the whole thing is in, kept and published: phases, snapshots, files with hashes."""
