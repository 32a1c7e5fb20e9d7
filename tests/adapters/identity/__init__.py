"""Who asks: real signed tokens, and an issuer on loopback that serves its keys."""
