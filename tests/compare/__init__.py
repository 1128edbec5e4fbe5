"""What a server does wrong, and what two clients make of it: google-genai as it is, and this one."""
