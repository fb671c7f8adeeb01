"""Dynamic IVR: one set of YAML menu trees for USSD, voice calls, SMS and the web."""

__version__ = "0.1.0"
