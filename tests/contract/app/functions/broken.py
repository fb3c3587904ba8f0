"""Cannot be imported."""

raise KeyError("TABLE_NAME_THAT_NOBODY_SET")
