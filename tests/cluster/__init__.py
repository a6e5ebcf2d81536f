"""The Kubernetes API's edge."""
