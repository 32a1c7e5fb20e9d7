"""The words of the field, as frozen values.

The ground floor of the house: standard library, pydantic, orjson and (in ``formats`` alone) libraries that know
public value lists such as country codes. No input or output happens here and nobody reads a clock.
"""
