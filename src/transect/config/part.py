"""What the settings of every stage have in common."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Part(BaseModel):
    """Settings that are checked: no unknown key, and nothing that changes."""

    model_config = ConfigDict(extra="forbid", frozen=True)
