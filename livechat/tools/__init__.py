"""What a model may call: toolboxes of functions, and what runs them without ever waiting for them."""
