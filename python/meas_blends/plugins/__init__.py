"""Named extensions: what pluggy finds, and the registries that configuration chooses from."""
