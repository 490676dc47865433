"""Bitget: USDT and USDC perpetuals, live and recorded."""

VENUE = "bitget"
