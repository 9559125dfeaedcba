"""The command `replay`: its options, virtual time, and every call decided by the engine."""
