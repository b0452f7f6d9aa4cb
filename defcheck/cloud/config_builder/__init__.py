"""Build tempest.conf from what was discovered of a cloud, each value with its origin.

python-tempestconf 3.5.4 was weighed against this on the labs, and is not used:
on the full lab it uploads an image, a public one as an administrator, without
`--create` and with `--non-admin`; it needs a local image file or a download; it
makes `admin`, or the role Member that no current cloud has, the operator role,
with which all 64 storage tests fail; it writes the lock path into a section that
Tempest does not read; as a plain user it leaves Tempest without any accounts;
and it does not say where a value comes from. What it finds beside that, the
extensions, microversions, flavors and networks, is found here too.
"""
