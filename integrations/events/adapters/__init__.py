"""The forms in which other programs send events, a module for each: from a body to items of the generic form. Pure.

What a form has that is not known is left out, and a part that cannot be read keeps back no other.
"""
