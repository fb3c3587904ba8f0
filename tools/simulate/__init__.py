"""A model of the whole system on AWS: what a day of so many images does to every limit, and what it costs."""
