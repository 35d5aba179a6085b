"""Programs that run against simulated gateways."""
