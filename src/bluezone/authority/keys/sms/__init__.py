"""Text messages that carry a code to a phone: numbers, texts, when to try again, and the ways to send."""
