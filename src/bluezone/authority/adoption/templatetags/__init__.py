"""What templates of adoption load."""
