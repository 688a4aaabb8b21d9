"""What makes cdktf start fast. Nothing else knows of it, so that this folder can be deleted."""
