"""Where accounts and large positions lean, in words."""

from __future__ import annotations

from math import exp, isfinite

from fbkit.dashboard.instrument.wording import NAN, Numbers, Paragraph, piece, with_z


def crowd_claim(ln_accounts: float, ln_positions: float) -> str:
    """Where accounts lean, and whether the large ones lean with them.

    >>> crowd_claim(0.6, -0.2), crowd_claim(-0.4, float("nan"))
    ('Most accounts are long, large positions are not.', 'Most accounts are short.')
    """
    side = "long" if ln_accounts > 0 else "short"
    if not isfinite(ln_positions) or not ln_positions:
        return f"Most accounts are {side}." if ln_accounts else "Accounts are even."
    if (ln_accounts > 0) is (ln_positions > 0):
        return f"Accounts and large positions are {side}."
    return f"Most accounts are {side}, large positions are not."


def crowd(bar: Numbers, z: Numbers) -> Paragraph:
    """Long/short ratios: heads, and the positions of the largest; empty where the venue tells none."""
    heads, top = bar.get("ln_ls_acct_global", NAN), bar.get("ln_ls_pos_top", NAN)
    if not isfinite(heads):
        return []
    told: Paragraph = [(crowd_claim(heads, top), "claim"), piece(" There are ")]
    told += [(f"{exp(heads):.2f}", "number"), piece(" accounts long for one short"), with_z(_of(z, "acct_global"))]
    if isfinite(top):
        told += [piece("; the top fifth holds "), (f"{exp(top):.2f}", "number"), piece(" long for one short")]
        told += [with_z(_of(z, "pos_top"))]
    return [*told, piece(".")]


def _of(z: Numbers, ratio: str) -> float:
    return z.get(f"ln_ls_{ratio}", NAN)
