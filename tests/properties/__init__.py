"""What must hold for any world."""
