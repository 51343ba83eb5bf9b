"""The `profiles` command and what keeps the service running. Nobody imports this but `project`."""
