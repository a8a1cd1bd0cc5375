"""Named extensions: what pluggy finds, and the registries that configuration chooses from.

A plugin needs only this module; it imports nothing heavy.
"""

from .manager import FoundExtension, extensions, load
from .specs import KINDS, Extension, hookimpl

__all__ = ["KINDS", "Extension", "FoundExtension", "extensions", "hookimpl", "load"]
