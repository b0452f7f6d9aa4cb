"""The sizes of lab that there are."""

from defcheck.lab.size import Size


def find(name: str) -> Size:
    """Return a size by its name, one of `paths.STATE_VARIABLES`."""
    if name == "full":
        from defcheck.lab.full.size import FullSize

        return FullSize()
    from defcheck.lab.small import SmallSize

    return SmallSize()
