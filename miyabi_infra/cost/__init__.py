"""What an environment costs per month: from the generated stacks, list prices, and assumptions about use."""
