"""Heatmap and trend as SVG."""
