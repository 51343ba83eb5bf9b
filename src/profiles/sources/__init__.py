"""Where works come from: each source reads its own format into the one shape, `values.work.Work`."""
