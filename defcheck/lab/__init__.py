"""A real small OpenStack on this machine, Keystone and Swift, to try defcheck on."""
