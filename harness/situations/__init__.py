"""What a program may meet: small scripts that run in a row's environment, as user code would, and say what they see."""
