"""Chemical elements: their symbols and atomic numbers."""

from __future__ import annotations

_KNOWN = (
    "H He Li Be B C N O F Ne Na Mg Al Si P S Cl Ar K Ca Sc Ti V Cr Mn Fe Co Ni Cu Zn Ga Ge As Se Br"
    " Kr Rb Sr Y Zr Nb Mo Tc Ru Rh Pd Ag Cd In Sn Sb Te I Xe Cs Ba La Ce Pr Nd Pm Sm Eu Gd Tb Dy Ho"
    " Er Tm Yb Lu Hf Ta W Re Os Ir Pt Au Hg Tl Pb Bi"
)
SYMBOLS = tuple(_KNOWN.split())
"""Symbols by atomic number, from 1 on."""


def number_of(symbol: str) -> int:
    """Atomic number of an element.

    Raises
    ------
    ValueError
        There is no such element among those that a section may hold.
    """
    if symbol not in SYMBOLS:
        raise ValueError(f"{symbol!r} is no element; expected a symbol such as Ni")
    return SYMBOLS.index(symbol) + 1


def symbol_of(number: int) -> str:
    """Symbol of an atomic number."""
    return SYMBOLS[number - 1]
