"""Records a gateway: stands between it and its clients, and has another process write what they say."""
