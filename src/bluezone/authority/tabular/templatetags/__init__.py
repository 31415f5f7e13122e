"""What templates of every domain load."""
