"""Pictures of a report: PNG, light, in the colours of the page."""
