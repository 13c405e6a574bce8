"""What belongs to no house: pages about the service, everybody's dashboard, and what machines ask (probes, metrics)."""
