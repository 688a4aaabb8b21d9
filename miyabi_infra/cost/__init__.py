"""What an environment costs a month: from the generated stacks, list prices, and assumptions about use."""
